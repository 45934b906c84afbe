"""Column names and types as every source hands them on."""

import json
from collections import Counter
from collections.abc import Sequence

import polars as pl

from espalier.core.errors import ColumnError, EmptySourceError

MAX_COLUMNS = 10_000  # memory and the report both end here; a table this wide is usually one that should be turned
NUM_NAMED = 5  # how many offenders a message names before it counts the rest


def named(items: Sequence[object], limit: int = NUM_NAMED) -> str:
    """Return the first items and how many more there are.

    Example:
        >>> named(["a", "b", "c"], limit=2)
        'a, b and 1 more'
    """
    rest = len(items) - limit
    return ", ".join(str(item) for item in items[:limit]) + (f" and {rest:,} more" if rest > 0 else "")


def clean_names(given: Sequence[str], source: str) -> tuple[list[str], tuple[str, ...]]:
    """Return column names without spaces around them, empty ones filled, and notes on what was changed.

    Args:
        given: names as they are written in the source.
        source: the source's name, for messages.

    Raises:
        ColumnError: more than `MAX_COLUMNS` names, or one name twice.

    Example:
        >>> clean_names([" age", "", "income"], "people.csv")[0]
        ['age', 'column_2', 'income']
    """
    if len(given) > MAX_COLUMNS:
        raise ColumnError(
            f"{source} has {len(given):,} columns; at most {MAX_COLUMNS:,} can be read. "
            "Leave out columns, or turn the table if its rows are written as columns."
        )
    stripped = [name.strip().strip("\ufeff") for name in given]
    names = [name or f"column_{place}" for place, name in enumerate(stripped, start=1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        places = [
            f"'{name}' for columns {named([place for place, other in enumerate(names, start=1) if other == name])}"
            for name in twice[:NUM_NAMED]
        ]
        raise ColumnError(
            f"{source} uses one name for several columns: {named(places + twice[NUM_NAMED:])}. Give every column its own name."
        )
    spaced = [f"'{name}'" for name, old in zip(stripped, given, strict=True) if name and name != old]
    empty = [name for name, old in zip(names, stripped, strict=True) if not old]
    notes: tuple[str, ...] = ()
    if spaced:
        notes += (f"spaces around column names were taken off: {named(spaced)}",)
    if empty:
        notes += (f"columns without a name are called {named(empty)}",)
    return names, notes


def plain_types(frame: pl.DataFrame, source: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the frame with types that every later stage knows, and notes on what was changed.

    Numbers, truth values, text, dates and times of day stay; decimals become floating point; categories become text;
    times with a zone become UTC without one; durations become seconds; nested values become JSON text; raw bytes are left
    out and said.

    Raises:
        EmptySourceError: no column is left.
    """
    columns, notes = [], []
    for column in frame.get_columns():
        changed, note = _plain(column)
        if changed is not None:
            columns.append(changed)
        if note:
            notes.append(f"column '{column.name}' {note}")
    if not columns:
        raise EmptySourceError(f"{source} has no column with values that can be read.")
    return pl.DataFrame(columns), tuple(notes)


def _plain(column: pl.Series) -> tuple[pl.Series | None, str]:
    kind = column.dtype
    if kind == pl.Binary:
        return None, "holds raw bytes and was left out"
    if kind.is_decimal():
        return column.cast(pl.Float64), ""
    if isinstance(kind, pl.Datetime):
        if kind.time_zone is None:
            return column.cast(pl.Datetime("us")), ""
        return column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Datetime("us")), "was turned to UTC time"
    if kind == pl.Duration:
        return column.dt.total_microseconds() / 1e6, "holds durations, now in seconds"
    if kind.is_nested():
        return _as_json(column), "holds nested values, kept as JSON text"
    if kind == pl.Object:
        return pl.Series(column.name, [None if value is None else str(value) for value in column], dtype=pl.String), ""
    if kind in (pl.Time, pl.Date, pl.Boolean, pl.String) or kind.is_float():
        return column, ""
    if kind.is_integer() and kind != pl.Int128:
        return column, ""
    return column.cast(pl.String), ""  # categories, columns without a value, whole numbers of 128 bits


def _as_json(column: pl.Series) -> pl.Series:
    values = [None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in column.to_list()]
    return pl.Series(column.name, values, dtype=pl.String)
