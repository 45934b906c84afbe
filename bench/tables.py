"""Accuracy on ten real tables: the default network against linear models and trees at their defaults, on identical splits.

Each run has a budget of two minutes, all stages included. Within a budget Espalier trains slow baselines on fewer rows, so all
rivals are trained again here, on every row of the same training part and without a limit of time: scikit-learn's and LightGBM
on the prepared features, CatBoost on the parsed columns, because it has its own way with categories. Three seeds change split,
weights and order together.

The network is the mean of as many networks as the budget lets learn, and those after the first learn from the validation part
too (`model.rotate`). The rivals need no validation part at their defaults, so `--all-rows` gives it to them as well: without it
they learn from eight tenths of the rows and the networks together from nine.

    python bench/tables.py [--budget 120] [--seeds 3] [--all-rows] [--only titanic]
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


def rival_scores(plan, run, seed, all_rows):
    """Return the main metric of every rival on the run's test rows.

    Args:
        plan: as it was drafted; its split is dealt again, which gives the same parts.
        run: finished; its preparation is used.
        seed: of the rivals.
        all_rows: learn from the validation part too.
    """
    table = load_planned(plan)
    _, parts = deal_parts(plan, table, None)
    prepared, train, test = run.prepared, parts[0].train.records, parts[0].test.open("benchmark")
    if all_rows:
        both = [train, parts[0].valid]
        train = replace(train, frame=pl.concat([one.frame for one in both]), rows=np.concatenate([one.rows for one in both]))
    truth, metric = prepared.target_values(test), run.networks[0].task.metrics[0]
    kind = target_kind(plan)
    rows = TrainTable(
        prepared.inputs(train), prepared.given()["cardinalities"], prepared.target_values(train), kind, len(prepared.classes)
    )
    scores = {}
    for name in RIVALS[:-1]:
        answers = fit_baseline(name, rows, seed).predict(prepared.inputs(test), test.rows)
        scores[name] = metric.measure(truth, answers)
    return scores | {"CatBoost": metric.measure(truth, catboost(plan.schema, train, test, rows.target, seed))}


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


def measure(name, seed, budget, all_rows):
    """Return the main metric of every model on one table and seed, and how many networks were averaged."""
    path, target = TABLES[name]
    changes = {f"schema.columns.{column}.role": "ignored" for column in LEAKS.get(name, ())}
    changes |= {"learning.budget_seconds": budget}
    made = process.draft(str(DATA / path), target=[target], changes=changes, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        run = finish(process.train(made.plan, Path(folder) / "run", made.table))
        card = run.scorecard
        scores = {"network": card.network.scores[card.metric].value, **rival_scores(run.plan, run, seed, all_rows)}
        epochs, seconds = run.history.height, card.network.fit_seconds
        return {
            "table": name,
            "seed": seed,
            "metric": card.metric,
            "higher": card.higher_is_better,
            "scores": scores,
            "networks": len(run.networks),
            "epochs": epochs,
            "seconds": seconds,
        }


def ranks(result):
    """Return the rank of each model, 1 the best."""
    names = list(result["scores"])
    values = np.array([result["scores"][name] for name in names]) * (-1 if result["higher"] else 1)
    return {
        name: float((values < value).sum() + ((values == value).sum() + 1) / 2)
        for name, value in zip(names, values, strict=True)
    }


def table_lines(results):
    """Return the lines of the table: mean over seeds, mean rank, and how far the network is behind the best."""
    models = ("network", *RIVALS)
    lines = ["| table | metric | " + " | ".join(models) + " | network behind the best |", "|---" * (len(models) + 3) + "|"]
    for name in dict.fromkeys(result["table"] for result in results):
        these = [result for result in results if result["table"] == name]
        means = {model: float(np.mean([one["scores"][model] for one in these])) for model in models}
        higher = these[0]["higher"]
        best = (max if higher else min)(means[model] for model in RIVALS)
        behind = (best - means["network"]) / best * (1 if higher else -1)
        cells = " | ".join(f"{means[model]:.4g}" for model in models)
        lines.append(f"| {name} | {these[0]['metric']} | {cells} | {behind:+.1%} |")
    every = [ranks(result) for result in results]
    cells = " | ".join(f"{np.mean([one[model] for one in every]):.2f}" for model in models)
    return [*lines, f"| mean rank over {len(every)} runs | | {cells} | |"]


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", type=float, default=120.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--all-rows", action="store_true", help="let the rivals learn from the validation part too")
    parser.add_argument("--only", action="append", choices=list(TABLES))
    given = parser.parse_args()
    results = []
    for seed in range(given.seeds):
        for name in given.only or TABLES:
            results.append(measure(name, seed, given.budget, given.all_rows))
            print(json.dumps(results[-1]), flush=True)
    lines = table_lines(results)
    print("\n".join(lines))
    if not given.only:
        command = "python bench/tables.py --all-rows" if given.all_rows else "python bench/tables.py"
        write_section("Accuracy on ten real tables", command, lines)


if __name__ == "__main__":
    main()
