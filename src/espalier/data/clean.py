"""Clean: rows that cannot be learnt from, and on request repeated or contradicting rows, are taken out and named."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.core.plan import CleanPlan
from espalier.core.records import Records
from espalier.core.schema import SIDES, Kind, Role, Schema

MAX_NAMED_ROWS = 100  # source rows listed for one reason; the count is always whole
MIN_COUNTED = 2  # rows; one number counts nothing
ALIKE = ".alike"  # ends the name of the column that gives equal pictures or windows of the column before it one value
NAMED_GROUP = "group"  # the column of the groups that the names of picture files tell, such as speaker03
MIN_DENSITY = 0.9  # of the numbers from lowest to highest occur in a column that counts; some rows may be gone

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

    Rows without a target, or without their picture or window, always go; the steps of a series stay, so that it has no gaps.
    Repeated rows (equal in every column that was read, row counters aside) and contradicting rows (equal in every one of these
    but the target) go when the plan says so.

    Args:
        records: parsed records.
        schema: the role of each column.
        plan: what to do with repeated and contradicting rows.
    """
    if records.timeline is not None:
        return Cleaned(records, ())
    removed: list[Removed] = []
    targets = [name for name in schema.names(Role.TARGET) if name in records.frame.columns]
    asked = [name for name in schema.names(Role.TARGET, *SIDES) if name in records.frame.columns]
    records = _keep(records, _has_values(records.frame, asked), "The target is missing.", removed)
    pictures = [name for name in schema.inputs(Kind.IMAGE) if name in records.frame.columns]
    records = _keep(records, _has_values(records.frame, pictures), "The picture cannot be read, or none is named.", removed)
    windows = [name for name in schema.inputs(Kind.SERIES) if name in records.frame.columns]
    records = _keep(records, _has_values(records.frame, windows), "The window holds no value.", removed)
    if plan.conflicts == "drop" and targets:
        reason = "Another row is equal in every other column and has another target."
        records = _keep(records, ~_contradicts(records, schema, targets), reason, removed)
    if plan.duplicates == "drop":
        nearly = ", or so but for a picture that is nearly the same" if pictures else ""
        reason = f"An earlier row is equal in every column{nearly}."
        records = _keep(records, _is_first(records, schema), reason, removed)
    return Cleaned(records, tuple(removed))


def row_keys(records: Records, schema: Schema) -> KeyArray:
    """Return (N,) a hash of what a model reads of each row: rows that are equal in all of it look alike to the model.

    That is every input column, and the date that orders the rows, if there is one. Without any of them every row has a key of
    its own. Rows that look alike need not be copies: see `copy_keys`.
    """
    return _keys(records.frame, read_columns(records, schema))


def read_columns(records: Records, schema: Schema) -> tuple[str, ...]:
    """Return the columns that a model reads: the inputs, and the date that orders the rows."""
    known = set(records.frame.columns)
    return tuple(
        name
        for name, column in schema.columns.items()
        if name in known and (column.role is Role.INPUT or (column.role is Role.TIME and column.kind is Kind.DATE))
    )


def copy_keys(records: Records, schema: Schema, names: Sequence[str] | None = None) -> KeyArray:
    """Return (N,) a hash of each row but its target: a row and its copy have equal keys.

    Args:
        records: parsed records.
        schema: the role of each column.
        names: the columns compared; None for those of `compared_columns` but the targets.
    """
    targets = schema.names(Role.TARGET, *SIDES)
    chosen = compared_columns(records, schema) if names is None else names
    return _keys(records.frame, [name for name in chosen if name not in targets])


def compared_columns(records: Records, schema: Schema) -> tuple[str, ...]:
    """Return the columns by which a row is told from another: all that were read, the target's too, but no row counters.

    Pictures and windows are told apart by what they show (see `_keys`), not by the names of pictures, the groups in these, or
    the part that they lie in.
    """
    others = {*row_counters(records, schema), *(name for name in records.frame.columns if name.endswith(ALIKE))}
    if records.album is not None or any(column.kind is Kind.SERIES for column in schema.columns.values()):
        others |= {NAMED_GROUP, records.hints.part or NAMED_GROUP}.difference(schema.names(Role.INPUT, Role.TARGET))
    return tuple(name for name in records.frame.columns if name not in others)


def row_counters(records: Records, schema: Schema) -> tuple[str, ...]:
    """Return the columns that only count the rows, so that copies of a row differ in them.

    They name rows (or were left out), and hold a different whole number in every row: without gaps to speak of, or rising.
    """
    names = [name for name in schema.names(Role.IDENTIFIER, Role.IGNORED) if name in records.frame.columns]
    return tuple(name for name in names if _counts_rows(records.frame.get_column(name)))


def _counts_rows(column: pl.Series) -> bool:
    if len(column) < MIN_COUNTED or column.dtype.is_temporal():
        return False
    numbers = column.cast(pl.Float64, strict=False).drop_nulls().drop_nans()
    if len(numbers) < len(column) or not bool((numbers.floor() == numbers).all()) or not numbers.is_unique().all():
        return False
    values = numbers.to_numpy()
    dense = len(values) >= MIN_DENSITY * (values.max() - values.min() + 1)
    return bool(dense or (np.diff(values) > 0).all())


def _keys(frame: pl.DataFrame, names: Sequence[str]) -> KeyArray:
    """Return (N,) a hash of each row in these columns; a picture or window counts by the value that those like it share."""
    if not names:
        return np.arange(frame.height, dtype=np.uint64)
    known = set(frame.columns)
    return frame.select([f"{name}{ALIKE}" if f"{name}{ALIKE}" in known else name for name in names]).hash_rows().to_numpy()


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
    """Return (N,) whether a row that is equal in all else has another target."""
    pairs = pl.DataFrame({"row": copy_keys(records, schema), "target": _keys(records.frame, targets)})
    mixed = pairs.unique().filter(pl.col("row").is_duplicated()).get_column("row")
    return pairs.get_column("row").is_in(mixed.implode()).to_numpy()


def _is_first(records: Records, schema: Schema) -> BoolArray:
    """Return (N,) whether no earlier row is equal in the target and in all else."""
    targets = [name for name in schema.names(Role.TARGET) if name in records.frame.columns]
    answers = _keys(records.frame, targets) if targets else np.zeros(len(records), dtype=np.uint64)
    return pl.DataFrame({"row": copy_keys(records, schema), "target": answers}).hash_rows().is_first_distinct().to_numpy()
