"""Clean: rows that cannot be learnt from, and on request repeated or contradicting rows, are taken out and named."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.core.plan import CleanPlan
from espalier.core.records import Records
from espalier.core.schema import Column, Kind, Role, Schema

MAX_NAMED_ROWS = 100  # source rows listed for one reason; the count is always whole

BoolArray = np.ndarray[tuple[int], np.dtype[np.bool_]]
KeyArray = np.ndarray[tuple[int], np.dtype[np.uint64]]


@dataclass(frozen=True)
class Removed:
    """Rows that were taken out for one reason.

    Args:
        reason: why, one sentence.
        rows: source rows, the first 100 of them.
        count: how many in all.
    """

    reason: str
    rows: tuple[int, ...]
    count: int


@dataclass(frozen=True)
class Cleaned:
    """What is left, and what was taken out.

    Args:
        records: the rows that stay, in their old order.
        removed: one entry for each reason that took out a row.
    """

    records: Records
    removed: tuple[Removed, ...]


def clean(records: Records, schema: Schema, plan: CleanPlan) -> Cleaned:
    """Return the rows that can be learnt from.

    Rows without a target always go. Repeated rows (equal in every input, target, group and time column; names of rows do
    not count) and contradicting rows (equal in every input, different in the target) go when the plan says so.

    Args:
        records: parsed records.
        schema: the role of each column.
        plan: what to do with repeated and contradicting rows.
    """
    removed: list[Removed] = []
    targets = [name for name in schema.names(Role.TARGET) if name in records.frame.columns]
    records = _keep(records, _has_values(records.frame, targets), "The target is missing.", removed)
    if plan.conflicts == "drop" and targets:
        reason = "Another row is equal in every input and has another target."
        records = _keep(records, ~_contradicts(records, schema, targets), reason, removed)
    if plan.duplicates == "drop":
        records = _keep(records, _is_first(records, schema), "An earlier row is equal in every column.", removed)
    return Cleaned(records, tuple(removed))


def row_keys(records: Records, schema: Schema) -> KeyArray:
    """Return (N,) a hash of what a model reads of each row: rows that are equal in all of it have equal keys.

    That is every input column, and the date that orders the rows, if there is one. Without any of them every row has a key of
    its own.
    """
    return _keys(records.frame, [name for name in _facts(records, schema) if _is_read(schema.columns[name])])


def _facts(records: Records, schema: Schema) -> list[str]:
    """Return the columns that say something about a row, not only which one it is."""
    names = schema.names(Role.INPUT, Role.TARGET, Role.GROUP, Role.TIME)
    return [name for name in names if name in records.frame.columns]


def _is_read(column: Column) -> bool:
    return column.role is Role.INPUT or (column.role is Role.TIME and column.kind is Kind.DATE)


def _keys(frame: pl.DataFrame, names: list[str]) -> KeyArray:
    if not names:
        return np.arange(frame.height, dtype=np.uint64)
    return frame[names].hash_rows().to_numpy()


def _keep(records: Records, mask: BoolArray, reason: str, removed: list[Removed]) -> Records:
    """Return the rows of the mask, and note the others."""
    if mask.all():
        return records
    gone = records.rows[~mask]
    removed.append(Removed(reason, tuple(gone[:MAX_NAMED_ROWS].tolist()), len(gone)))
    return records.take(np.flatnonzero(mask))


def _has_values(frame: pl.DataFrame, names: list[str]) -> BoolArray:
    """Return (N,) whether all these columns hold a value; NaN and infinity are none."""
    mask = np.ones(frame.height, dtype=np.bool_)
    for name in names:
        column = frame.get_column(name)
        known = column.is_finite().fill_null(False) if column.dtype.is_float() else column.is_not_null()
        mask &= known.to_numpy()
    return mask


def _contradicts(records: Records, schema: Schema, targets: list[str]) -> BoolArray:
    """Return (N,) whether a row with the same inputs has another target."""
    pairs = pl.DataFrame({"input": row_keys(records, schema), "target": _keys(records.frame, targets)})
    mixed = pairs.unique().filter(pl.col("input").is_duplicated()).get_column("input")
    return pairs.get_column("input").is_in(mixed.implode()).to_numpy()


def _is_first(records: Records, schema: Schema) -> BoolArray:
    """Return (N,) whether no earlier row is equal in every column that is a fact about the row."""
    return pl.Series(_keys(records.frame, _facts(records, schema))).is_first_distinct().to_numpy()
