"""Faults of plans: a healthy plan of a small network on a real table, and the same with one thing wrong.

Most faults are edits of the plan. Leaks are made of the table too; they have no twin, for what counts is whether the repaired
plan still has them.
"""

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
TABLES = {
    "titanic": ("titanic/titanic.csv.gz", "Survived", 891),
    "churn_modelling": ("churn_modelling/churn.csv.gz", "Exited", 1_500),
    "california_housing": ("california_housing/housing.csv.gz", "median_house_value", 1_500),
    "wine_quality": ("wine_quality/winequality_white.csv.gz", "quality", 1_500),
    "mammography": ("mammography/mammography.csv.gz", "target", 4_000),
}
USUAL = ("titanic", "churn_modelling", "california_housing", "wine_quality")
HEALTHY = {
    "model.name": "mlp-tiny",
    "learning.epochs": 40,
    "learning.batch_size": 128,
    "learning.precision": "float32",
    "learning.threads": 1,
    "prepare.bins": 0,
    "split.train": 0.5,
    "split.valid": 0.15,
    "split.test": 0.35,
    "baselines": ["linear model"],
    "diagnosis.stop": False,
}
DEEP = {"model.options.depth": 6, "model.options.activation": "gelu"}


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        name: in words.
        changes: of the plan; a function of the healthy run's plan.
        twin: what the healthy plan has besides HEALTHY.
        table: makes the faulty table of the healthy one, the name of its target and a random stream.
        is_closed: says of a repaired plan whether the leak is gone; None for faults that are no leak.
        tables: it is seeded in these in turn.
    """

    name: str
    changes: Callable = field(default=lambda plan: {})
    twin: dict = field(default_factory=dict)
    table: Callable | None = None
    is_closed: Callable | None = None
    tables: tuple[str, ...] = USUAL


def with_leak(frame, target, stream):
    """Return the table with a column that was made of the target."""
    codes = frame[target].cast(pl.Float64).to_numpy()
    told = codes + 0.03 * np.nanstd(codes) * stream.normal(size=len(codes))
    return frame.with_columns(settled=pl.Series(told.round(4)))


def with_part(frame, target, stream):
    """Return the table with a column that names the part of each row."""
    return frame.with_columns(part=pl.Series(stream.choice(["train", "valid", "test"], frame.height, p=[0.7, 0.15, 0.15])))


def with_copies(frame, target, stream):
    """Return a table of given parts in which half of valid and test are copies of training rows."""
    frame = with_part(frame, target, stream)
    part = frame["part"].to_numpy()
    place = np.arange(frame.height)
    judged = np.flatnonzero((part != "train") & (stream.random(frame.height) < 0.5))
    place[judged] = stream.choice(np.flatnonzero(part == "train"), len(judged))
    return frame[place].with_columns(part=pl.Series(part))


def with_groups(frame, target, stream):
    """Return a table of six visits of each of some patients: numbers that vary a little, and one answer."""
    people = stream.choice(frame.height, frame.height // 6, replace=False)
    visits = frame[np.repeat(people, 6)]
    numbers = [name for name, kind in visits.schema.items() if kind.is_float() and name != target]
    shaken = [
        (pl.col(name) + pl.Series(0.02 * (visits[name].std() or 0.0) * stream.normal(size=visits.height))).alias(name)
        for name in numbers
    ]
    own = pl.Series(np.repeat(stream.normal(size=len(people)), 6) + 0.01 * stream.normal(size=visits.height))
    return visits.with_columns(*shaken, blood=own, patient_id=pl.Series(np.repeat(np.arange(len(people)), 6) + 1000))


def with_days(frame, target, stream):
    """Return the table in an order in which the target rises and falls with the days, one row a day."""
    wave = np.sin(np.arange(frame.height) / 25) + 0.3 * stream.normal(size=frame.height)
    codes = frame[target].cast(pl.Float64).to_numpy()
    place = np.empty(frame.height, dtype=np.int64)
    place[np.argsort(wave)] = np.argsort(codes + 0.5 * codes.std() * stream.normal(size=len(codes)))
    days = [dt.date(2015, 1, 1) + dt.timedelta(days=day) for day in range(frame.height)]
    return frame[place].with_columns(day=pl.Series(days))


def times(path, factor):
    """Return a function of a plan that multiplies its learning rate."""
    return lambda plan: {path: plan.learning.learning_rate * factor}


def setting(changes):
    """Return a function of a plan that changes it in one way whatever it is."""
    return lambda plan: changes


PEOPLE = ("patient_id", "CustomerId", "PassengerId")  # columns that name whose visit a row is
RATE = "learning.learning_rate"
FAULTS = {
    "rate_x10": Fault("learning rate x 10", times(RATE, 10)),
    "rate_x100": Fault("learning rate x 100", times(RATE, 100)),
    "rate_x1000": Fault("learning rate x 1000", times(RATE, 1000)),
    "rate_div100": Fault("learning rate / 100", times(RATE, 0.01)),
    "rate_div1000": Fault("learning rate / 1000", times(RATE, 0.001)),
    "cold_start": Fault(
        "learning rate x 100 in six layers, no warm-up, no clipping",
        lambda plan: {RATE: plan.learning.learning_rate * 100, "learning.clip_norm": None},
        {**DEEP, "learning.warmup_fraction": 0.1},
    ),
    "slow_optimizer": Fault("plain SGD at the rate of AdamW", setting({"learning.optimizer": "sgd"})),
    "tight_clip": Fault("gradients clipped to 1e-4", setting({"learning.clip_norm": 1e-4}), {"learning.optimizer": "momentum"}),
    "strong_decay": Fault("weight decay of 30", setting({"learning.weight_decay": 30.0})),
    "huge_decay": Fault("weight decay of 300", setting({"learning.weight_decay": 300.0})),
    "strong_l1": Fault("absolute weights in the loss, times 0.3", setting({"learning.l1": 0.3})),
    "dropout_90": Fault("dropout of 0.9", setting({"model.options.dropout": 0.9})),
    "dropout_95": Fault("dropout of 0.95", setting({"model.options.dropout": 0.95})),
    "deep_sigmoid": Fault("sigmoids in six layers", setting({"model.options.activation": "sigmoid"}), DEEP),
    "unscaled": Fault("numbers as they are", setting({"prepare.numbers": "none"})),
    "few_inputs": Fault("one input kept", setting({"prepare.select": 1})),
    "one_epoch": Fault("one epoch", setting({"learning.epochs": 1})),
    "four_epochs": Fault("four epochs", setting({"learning.epochs": 4})),
    "no_patience": Fault(
        "one-cycle rate, and patience of one epoch", setting({"learning.schedule": "one-cycle", "learning.patience": 1})
    ),
    "early_decay": Fault(
        "a rate that falls to a hundredth in six epochs", setting({"learning.schedule": "exponential", "learning.epochs": 6})
    ),
    "huge_batch": Fault("all rows in one batch", setting({"learning.batch_size": 4096})),
    "slow_average": Fault("weights averaged over 10,000 steps", setting({"learning.average": 0.9999})),
    "tiny_width": Fault("layers of one unit", setting({"model.options.width": 1})),
    "narrow_deep": Fault("eight layers of two units", setting({"model.options.width": 2, "model.options.depth": 8})),
    "bad_init": Fault(
        "orthogonal weights in twelve layers of tanh",
        setting({"model.options.init": "orthogonal"}),
        {"model.options.depth": 12, "model.options.activation": "tanh"},
    ),
    "rare_class": Fault(
        "rare class without weights",
        setting({"task.class_weights": "none"}),
        {"task.class_weights": "balanced"},
        tables=("mammography",),
    ),
    "leak_column": Fault(
        "a column made of the target",
        table=with_leak,
        is_closed=lambda plan: plan.schema.columns["settled"].role != "input",
    ),
    "leak_copies": Fault(
        "copies in given parts",
        setting({"split.method": "column", "split.column": "part"}),
        table=with_copies,
        is_closed=lambda plan: plan.split.method in ("random", "stratified", "group"),
    ),
    "leak_group": Fault(
        "groups torn apart",
        setting({"split.method": "random", "split.column": None}),
        table=with_groups,
        is_closed=lambda plan: plan.split.method == "group" and plan.split.column in PEOPLE,
    ),
    "leak_time": Fault(
        "days dealt out at random",
        setting({"split.method": "random", "split.column": None}),
        table=with_days,
        is_closed=lambda plan: plan.split.method == "time" and plan.split.column == "day",
    ),
}


def write(name, folder, stream, change=None):
    """Write some rows of a real table, changed or not, and return path and target.

    Args:
        name: of the table.
        folder: it is written there.
        stream: random.
        change: see `Fault.table`.
    """
    path, target, num_rows = TABLES[name]
    frame = pl.read_csv(DATA / path, infer_schema_length=None)
    frame = frame[np.sort(stream.choice(frame.height, min(num_rows, frame.height), replace=False))]
    frame = frame.drop_nulls(target)
    frame = frame if change is None else change(frame, target, stream)
    frame.write_csv(folder / "table.csv")
    return folder / "table.csv", target
