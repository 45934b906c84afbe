"""Accuracy on ten real tables: the default network against linear models and trees at their defaults, on identical splits.

Each run has a budget of two minutes, all stages included. Within a budget Espalier trains slow baselines on fewer rows, so all
rivals are trained again here, on every row of the same training part and without a limit of time: scikit-learn's and LightGBM
on the prepared features, CatBoost on the parsed columns, because it has its own way with categories. Three seeds change split,
weights and order together.

The network is the mean of as many networks as the budget lets learn, and those after the first learn from the validation part
too (`model.rotate`). The rivals need no validation part at their defaults, so they are trained twice: on the training part
(eight tenths of the rows, as one network is), and on training and validation part (nine tenths, as the networks together).

    python bench/tables.py [--budget 120] [--seeds 3] [--only titanic]
"""

import argparse
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from catboost import CatBoostClassifier, CatBoostRegressor

from espalier import process
from espalier.core.batch import Prediction
from espalier.core.schema import Kind, Role
from espalier.evaluation.baselines.fit import fit_baseline
from espalier.evaluation.baselines.table import TrainTable
from espalier.stages.network import target_kind
from espalier.stages.parts import deal_parts
from espalier.stages.table import load_planned
from results import write_section

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
LEAKS = {"bike_sharing": ("casual", "registered"), "bank_marketing": ("duration",)}  # known only after the fact
TABLES = {
    "titanic": ("titanic/titanic.csv.gz", "Survived"),
    "adult": ("adult/adult_train.csv.gz", "income"),
    "california_housing": ("california_housing/housing.csv.gz", "median_house_value"),
    "house_prices": ("house_prices/train.csv.gz", "SalePrice"),
    "bank_marketing": ("bank_marketing/bank_additional.csv.gz", "y"),
    "churn_modelling": ("churn_modelling/churn.csv.gz", "Exited"),
    "wine_quality": ("wine_quality/winequality_white.csv.gz", "quality"),
    "bike_sharing": ("bike_sharing/bikeshare.csv.gz", "count"),
    "mammography": ("mammography/mammography.csv.gz", "target"),
    "penguins": ("penguins/penguins.csv.gz", "species"),
}
RIVALS = ("linear model", "random forest", "boosted trees", "LightGBM", "CatBoost")


def finish(stages):
    """Go through all stages and return the run."""
    while True:
        try:
            next(stages)
        except StopIteration as end:
            return end.value


def rival_scores(run, train, test, seed):
    """Return the main metric of every rival on the run's test rows.

    Args:
        run: finished; its preparation is used.
        train: rows that they learn from.
        test: rows that they answer.
        seed: of the rivals.
    """
    prepared, kind = run.prepared, target_kind(run.plan)
    truth, metric = prepared.target_values(test), run.networks[0].task.metrics[0]
    rows = TrainTable(
        prepared.inputs(train), prepared.given()["cardinalities"], prepared.target_values(train), kind, len(prepared.classes)
    )
    scores = {}
    for name in RIVALS[:-1]:
        answers = fit_baseline(name, rows, seed).predict(prepared.inputs(test), test.rows)
        scores[name] = metric.measure(truth, answers)
    return scores | {"CatBoost": metric.measure(truth, catboost(run.plan.schema, train, test, rows.target, seed))}


def catboost(schema, train, test, target, seed):
    """Return CatBoost's prediction for the test rows; it reads the parsed columns as they are, dates as their parts."""
    times = [name for name in schema.names(Role.TIME) if schema.columns[name].kind is Kind.DATE]
    dates = [*schema.inputs(Kind.DATE), *times]
    categories = list(schema.inputs(Kind.CATEGORY, Kind.ORDERED))
    names = [*schema.inputs(Kind.NUMBER), *categories, *dates]

    def columns(records):
        frame = records.frame.select(names).with_columns(pl.col(categories).fill_null("missing"))
        parts = [
            getattr(pl.col(name).dt, part)().cast(pl.Float64).alias(f"{name}.{part}")
            for name in dates
            for part in ("year", "month", "day", "weekday", "hour")
        ]
        return pd.DataFrame(frame.with_columns(parts).drop(dates).to_dict(as_series=False))

    regression = schema.columns[schema.target].kind is Kind.NUMBER
    settings = {"random_seed": seed, "verbose": False, "thread_count": 2, "allow_writing_files": False}
    model = CatBoostRegressor(**settings) if regression else CatBoostClassifier(**settings)
    model.fit(columns(train), target, cat_features=categories)
    if regression:
        return Prediction(test.rows, model.predict(columns(test)))
    probabilities = model.predict_proba(columns(test))
    return Prediction(test.rows, probabilities.argmax(axis=1).astype(float), probabilities)


def joined(train, valid):
    """Return training and validation rows together."""
    both = [train, valid]
    return replace(train, frame=pl.concat([one.frame for one in both]), rows=np.concatenate([one.rows for one in both]))


def measure(name, seed, budget):
    """Return the main metric of every model on one table and seed, and how many networks were averaged."""
    path, target = TABLES[name]
    changes = {f"schema.columns.{column}.role": "ignored" for column in LEAKS.get(name, ())}
    changes |= {"learning.budget_seconds": budget}
    made = process.draft(str(DATA / path), target=[target], changes=changes, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        run = finish(process.train(made.plan, Path(folder) / "run", made.table))
        card = run.scorecard
        network = card.network.scores[card.metric].value
        _, parts = deal_parts(run.plan, load_planned(run.plan), None)  # the same parts as in the run
        train, test = parts[0].train.records, parts[0].test.open("benchmark")
        truth, first = run.prepared.target_values(test), run.networks[0]
        epochs, seconds = run.history.height, card.network.fit_seconds
        return {
            "table": name,
            "seed": seed,
            "metric": card.metric,
            "higher": card.higher_is_better,
            "scores": {"network": network, **rival_scores(run, train, test, seed)},
            "all_rows": {"network": network, **rival_scores(run, joined(train, parts[0].valid), test, seed)},
            "first": first.task.metrics[0].measure(truth, first.predict(test)),
            "networks": len(run.networks),
            "epochs": epochs,
            "seconds": seconds,
        }


def ranks(result, rows="scores"):
    """Return the rank of each model, 1 the best; of rivals that learnt from the training part, or from "all_rows"."""
    names = list(result[rows])
    values = np.array([result[rows][name] for name in names]) * (-1 if result["higher"] else 1)
    return {
        name: float((values < value).sum() + ((values == value).sum() + 1) / 2)
        for name, value in zip(names, values, strict=True)
    }


def table_lines(results):
    """Return the lines of the table: mean over seeds, mean rank, and how far the network is behind the best."""
    models = ("network", *RIVALS)
    lines = [
        "| table | metric | " + " | ".join(models) + " | network behind the best | first network alone | networks |",
        "|---" * (len(models) + 5) + "|",
    ]
    for name in dict.fromkeys(result["table"] for result in results):
        these = [result for result in results if result["table"] == name]
        means = {model: float(np.mean([one["scores"][model] for one in these])) for model in models}
        higher = these[0]["higher"]
        best = (max if higher else min)(means[model] for model in RIVALS)
        behind = (best - means["network"]) / best * (1 if higher else -1)
        cells = " | ".join(f"{means[model]:.4g}" for model in models)
        first, networks = (np.mean([one[key] for one in these]) for key in ("first", "networks"))
        lines.append(f"| {name} | {these[0]['metric']} | {cells} | {behind:+.1%} | {first:.4g} | {networks:.1f} |")
    for rows, said in (("scores", "rivals on the training part"), ("all_rows", "rivals on training and validation part")):
        every = [ranks(result, rows) for result in results]
        cells = " | ".join(f"{np.mean([one[model] for one in every]):.2f}" for model in models)
        lines.append(f"| mean rank over {len(every)} runs, {said} | | {cells} | | | |")
    return lines


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", type=float, default=120.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=list(TABLES))
    given = parser.parse_args()
    results = []
    for seed in range(given.seeds):
        for name in given.only or TABLES:
            results.append(measure(name, seed, given.budget))
            print(json.dumps(results[-1]), flush=True)
    lines = table_lines(results)
    print("\n".join(lines))
    if not given.only:
        write_section("Accuracy on ten real tables", "python bench/tables.py", lines)


if __name__ == "__main__":
    main()
