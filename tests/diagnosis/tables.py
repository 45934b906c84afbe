"""Tables for the tests of the checks: evidence from columns, with a schema made by hand."""

import numpy as np
import polars as pl

from espalier.core.plan import DataPlan, ModelPlan, Plan, SplitPlan, TaskPlan
from espalier.core.records import Records, SealedRecords, Splits, TrainRecords
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.describe.profile import ColumnProfile, Profile
from espalier.diagnosis.evidence import Evidence

NUM_ROWS = 400


def stream(seed=0):
    return np.random.default_rng(seed)


def kind_of(column):
    if column.dtype.is_numeric():
        return Kind.NUMBER
    return Kind.DATE if column.dtype.is_temporal() else Kind.CATEGORY


def schema_of(frame, target="y", **settings):
    """Return a schema; settings are by column name: a role, or a whole Column."""
    columns = {}
    for name in frame.columns:
        given = settings.get(name, Role.TARGET if name == target else Role.INPUT)
        columns[name] = given if isinstance(given, Column) else Column(kind_of(frame[name]), given)
    return Schema(columns)


def profile_of(frame):
    return Profile(
        frame.height,
        {name: ColumnProfile(frame[name].null_count(), frame[name].drop_nulls().n_unique()) for name in frame.columns},
    )


def records_of(frame, first_row=2):
    return Records(frame, np.arange(first_row, frame.height + first_row), "table.csv")


def plan_of(schema, method="random", column=None):
    split = SplitPlan(method=method, column=column)
    return Plan(DataPlan("table.csv"), TaskPlan("binary"), ModelPlan("mlp"), schema=schema, split=split)


def evidence_of(columns, target="y", method=None, split_column=None, splits=None, **settings):
    """Return evidence from columns by name. `splits` are three parts: positions, or Records."""
    frame = pl.DataFrame(columns)
    schema = schema_of(frame, target, **settings)
    records = records_of(frame)
    plan = None if method is None else plan_of(schema, method, split_column)
    return Evidence(records, schema, profile_of(frame), plan, None if splits is None else splits_of(records, splits))


def splits_of(records, parts):
    taken = [part if isinstance(part, Records) else records.take(np.asarray(part)) for part in parts]
    return Splits(TrainRecords(taken[0]), taken[1], SealedRecords(taken[2]))


def thirds(num_rows, seed=0):
    """Return positions of a random split 60:20:20."""
    order = stream(seed).permutation(num_rows)
    return np.split(order, [int(0.6 * num_rows), int(0.8 * num_rows)])


def numbers(num_columns=4, num_rows=NUM_ROWS, seed=0):
    """Return independent number columns x0, x1, ... as a mapping."""
    draws = stream(seed).normal(size=(num_columns, num_rows)).round(6)
    return {f"x{i}": draws[i] for i in range(num_columns)}


def yes_no(score, seed=99, noise=0.7):
    """Return classes "yes" and "no" that follow a score with noise."""
    return np.where(score + stream(seed).normal(size=len(score)) * noise > 0, "yes", "no")
