"""Stand-ins for runs, held in memory: what `run.Run` offers to the report, with content as real runs have it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from espalier.core.files import write_json
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.plan import DataPlan, LearningPlan, ModelPlan, Plan, SplitPlan, TaskPlan
from espalier.core.records import Records
from espalier.core.run_folder import RunFolder
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.core.scorecard import Comparison, ModelScores, Score, Scorecard
from espalier.data.describe.profile import QUANTILES, ColumnProfile, Profile
from espalier.data.describe.question import Question
from espalier.explanation.permutation import ColumnImportance


@dataclass(frozen=True)
class SampleRun:
    folder: RunFolder
    plan: Plan
    schema: Schema
    profile: Profile
    question: Question
    scorecard: Scorecard
    findings: tuple
    importance: tuple
    forgetting: ClassVar = None
    predictions: pl.DataFrame
    history: pl.DataFrame
    records: Records | None = field(default=None)

    def but(self, **changes):
        return replace(self, **changes)


def profile_of(frame: pl.DataFrame) -> Profile:
    """Return the profile of a frame, as `data.describe` makes it."""
    columns = {}
    for name in frame.columns:
        series = frame[name]
        known = series.drop_nulls()
        common = {"num_missing": series.null_count(), "num_distinct": known.n_unique()}
        if series.dtype.is_numeric():
            values = known.to_numpy().astype(float)
            counts, edges = np.histogram(values, bins=20)
            columns[name] = ColumnProfile(
                **common,
                low=float(values.min()),
                high=float(values.max()),
                mean=float(values.mean()),
                std=float(values.std()),
                quantiles=tuple(np.quantile(values, QUANTILES).tolist()),
                histogram=(tuple(edges.tolist()), tuple(counts.tolist())),
                examples=tuple(map(str, known.head(3).to_list())),
            )
        else:
            levels = known.value_counts(sort=True).head(20).rows()
            columns[name] = ColumnProfile(**common, levels=tuple(levels), examples=tuple(map(str, known.head(3).to_list())))
    return Profile(frame.height, columns)


def history_of(epochs: int, best: int, seed: int = 0) -> pl.DataFrame:
    """Return learning curves that overfit after the best epoch."""
    stream, epoch = np.random.default_rng(seed), np.arange(1, epochs + 1)
    train = 0.22 + 0.5 * np.exp(-epoch / 6) + stream.normal(0, 0.006, epochs)
    valid = 0.36 + 0.36 * np.exp(-epoch / 5) + 0.0016 * np.maximum(epoch - best, 0) + stream.normal(0, 0.004, epochs)
    score = 0.87 - 0.2 * np.exp(-epoch / 5) - 0.0009 * np.maximum(epoch - best, 0)
    score[best - 1] += 0.005
    valid[best - 1] = valid.min() - 0.002
    return pl.DataFrame(
        {
            "epoch": epoch,
            "train_loss": train,
            "valid_loss": valid,
            "score": score,
            "learning_rate": np.full(epochs, 0.002),
            "seconds": 0.31 * epoch,
        }
    )


def models(metric: str, scores: dict, extra: dict, rows: int) -> tuple:
    """Return a score card's models: name -> (value, half width)."""
    made = []
    for index, (name, (value, half)) in enumerate(scores.items()):
        held = {metric: Score(value, value - half, value + half)}
        held |= {other: Score(base * (1 - 0.01 * index), base * 0.95, base * 1.04) for other, base in extra.items()}
        note = "learnt from 5,000 rows: more take too long" if name == "support vector machine" else ""
        made.append(ModelScores(name, held, 12.4 if index == 0 else 0.05 * 3**index, rows, note))
    return tuple(made)


def write_folder(path: Path, counts: dict, data: dict | None = None) -> RunFolder:
    """Write the files of a run folder that the report reads, and return the folder."""
    folder = RunFolder(path)
    parts = [name for name, count in counts.items() for _ in range(count)]
    path.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"row": np.arange(2, len(parts) + 2), "part": parts}).write_parquet(folder.split)
    write_json(folder.data, {"notes": [], "removed": [], "issues": [], "fingerprint": "9f2c" * 16} | (data or {}))
    write_json(folder.openings, [{"time": "2025-05-01T10:00:00+00:00", "reason": "final scores"}])
    return folder


def class_predictions(targets: list, classes: tuple, skill: float, seed: int, part: str = "test") -> pl.DataFrame:
    """Return predictions that are right more often the higher the skill."""
    stream, index = np.random.default_rng(seed), {name: place for place, name in enumerate(classes)}
    logits = stream.normal(0, 1, (len(targets), len(classes)))
    logits[np.arange(len(targets)), [index[name] for name in targets]] += skill
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    answers = [classes[place] for place in probabilities.argmax(axis=1)]
    columns = {f"probability_{name}": probabilities[:, place] for name, place in index.items()}
    rows = stream.permutation(np.arange(2, 4 * len(targets) + 2))[: len(targets)]
    return pl.DataFrame({"part": [part] * len(targets), "row": rows, "target": targets, "prediction": answers, **columns})


TITANIC_CLASSES = ("no", "yes")


def titanic(path: Path) -> SampleRun:
    """Return a run on passengers: 891 rows, two classes, a few findings."""
    stream, num = np.random.default_rng(7), 891
    age = np.where(stream.random(num) < 0.2, np.nan, stream.gamma(9, 3.4, num).round(0))
    frame = pl.DataFrame(
        {
            "PassengerId": np.arange(1, num + 1),
            "Survived": stream.choice(["no", "yes"], num, p=[0.62, 0.38]),
            "Pclass": stream.choice(["3", "1", "2"], num, p=[0.55, 0.24, 0.21]),
            "Name": [f"Passenger, Mr. Number {index}" for index in range(num)],
            "Sex": stream.choice(["male", "female"], num, p=[0.65, 0.35]),
            "Age": age,
            "SibSp": stream.poisson(0.5, num).astype(float),
            "Fare": stream.lognormal(2.9, 1, num).round(2),
            "Cabin": [None if stream.random() < 0.77 else f"C{stream.integers(1, 140)}" for _ in range(num)],
            "Embarked": stream.choice(["S", "C", "Q"], num, p=[0.72, 0.19, 0.09]),
        }
    ).with_columns(pl.col("Age").fill_nan(None))
    roles = {"PassengerId": Role.IDENTIFIER, "Survived": Role.TARGET, "Name": Role.IGNORED}
    kinds = {"Age": Kind.NUMBER, "Fare": Kind.NUMBER, "SibSp": Kind.NUMBER, "Name": Kind.TEXT, "Pclass": Kind.ORDERED}
    reasons = {
        "PassengerId": "891 different whole numbers that rise by 1: a number of the row",
        "Name": "free text: table models cannot read it",
        "Age": "714 of 714 values are numbers between 0.42 and 80",
        "Pclass": "only 3 different whole numbers",
    }
    schema = Schema(
        {
            name: Column(kinds.get(name, Kind.CATEGORY), roles.get(name, Role.INPUT), reason=reasons.get(name, ""))
            for name in frame.columns
        }
    )
    plan = Plan(
        data=DataPlan("data/titanic.csv.gz", fingerprint="9f2c" * 16),
        task=TaskPlan("binary"),
        model=ModelPlan("tabm", {"width": 192, "num_members": 16}),
        schema=schema,
        split=SplitPlan("stratified"),
        learning=LearningPlan(learning_rate=0.002, batch_size=32, precision="float32", threads=2, budget_seconds=120.0),
        reasons={
            "task.name": "Survived has 2 different values",
            "split.method": "each part gets every class in the same proportion",
            "model.name": "713 training rows: an ensemble in one network, the best of the plain table networks",
            "model.options": "713 training rows on a CPU: smaller than the published 512 wide with 32 members",
            "prepare.numbers": "networks learn best from inputs without far tails (arXiv 2106.11959, section 4.2)",
            "learning.batch_size": "713 training rows",
            "learning.learning_rate": "the range test fell fastest at 0.004; half of it is safe",
            "learning.precision": "a trial of 20 steps: bfloat16 is no faster here",
            "learning.budget_seconds": "you asked for it",
            "schema.columns.Age.kind": "you asked for it",
        },
    )
    extra = {"pr_auc": 0.84, "accuracy": 0.82, "balanced_accuracy": 0.8, "precision": 0.79, "recall": 0.74, "f1": 0.765}
    extra |= {"log_loss": 0.43, "brier": 0.136, "calibration_error": 0.051}
    scores = {
        "network": (0.8634, 0.074),
        "gradient-boosted trees": (0.8521, 0.075),
        "random forest": (0.8478, 0.078),
        "logistic regression": (0.8412, 0.08),
        "support vector machine": (0.8261, 0.083),
        "k nearest neighbours": (0.8015, 0.085),
        "decision tree": (0.7715, 0.086),
        "majority class": (0.5, 0.0),
    }
    card = Scorecard(
        task="binary",
        part="test",
        num_rows=90,
        metric="roc_auc",
        higher_is_better=True,
        models=models("roc_auc", scores, extra, 713),
        comparison=Comparison("gradient-boosted trees", 0.0113, -0.021, 0.043),
        verdict="No difference between the network and the best baseline (gradient-boosted trees) can be told: roc_auc 0.863 "
        "against 0.852, +0.011 [-0.021, +0.043]. Prefer the gradient-boosted trees: it is simpler. "
        "With 90 rows only large differences can be seen.",
        threshold=0.4437,
        openings=1,
    )
    findings = (
        Finding(
            "D09-near-empty-column",
            "The column Cabin is empty in 77 % of the rows.",
            Severity.NOTE,
            {"missing_fraction": 0.771, "num_missing": 687},
            ("Cabin",),
            repairs=(Repair("leave the column out", {"schema.columns.Cabin.role": "ignored"}),),
        ),
        Finding(
            "D03-conflicting-rows",
            "12 rows are equal in every input and differ in Survived, so no model can answer all of them rightly.",
            Severity.WARN,
            {"num_rows": 12, "num_groups": 5},
            (),
            (14, 37, 112, 240, 333, 398, 420, 512, 613, 702, 777, 801, 850),
            (Repair("drop the conflicting rows", {"clean.conflicts": "drop"}),),
        ),
    )
    importance = {
        "Sex": (0.168, 0.121, 0.214),
        "Pclass": (0.071, 0.043, 0.099),
        "Fare": (0.029, 0.011, 0.047),
        "Age": (0.0241, 0.0083, 0.0402),
        "Embarked": (0.0051, -0.0034, 0.0139),
        "SibSp": (0.0032, -0.0021, 0.0086),
        "Cabin": (-0.0011, -0.0061, 0.0041),
    }
    data = {
        "notes": ["compressed with gzip", "read as UTF-8, delimiter ','"],
        "removed": [{"reason": "no value of Survived", "count": 2, "rows": [63, 831]}],
        "issues": [
            {"column": "Age", "sentence": "3 cells are no numbers: 'about 30', '?', 'old'", "count": 3, "rows": [12, 77, 1200]}
        ],
    }
    target = stream.choice(["no", "yes"], 90, p=[0.62, 0.38]).tolist()
    return SampleRun(
        folder=write_folder(path, {"train": 713, "valid": 88, "test": 90}, data),
        plan=plan,
        schema=schema,
        profile=profile_of(frame),
        question=Question("binary", TITANIC_CLASSES, "Survived has 2 different values: a yes-or-no question."),
        scorecard=card,
        findings=findings,
        importance=tuple(ColumnImportance(name, *values) for name, values in importance.items()),
        predictions=class_predictions(target, TITANIC_CLASSES, 1.1, seed=3),
        history=history_of(39, 23),
        records=Records(frame, np.arange(2, num + 2), "titanic.csv.gz"),
    )
