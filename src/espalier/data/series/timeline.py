"""From parsed records to a timeline: rows are put in order of series and time, whatever order the source has."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from espalier.core.errors import ColumnError, unknown_name
from espalier.core.records import IntArray, Records
from espalier.core.schema import Kind, Role, Schema
from espalier.core.timeline import Timeline
from espalier.data.describe.calendar_columns import find_calendar
from espalier.data.parse import LINE_SUFFIXES
from espalier.data.series.calendar import calendar_times

BETWEEN = " / "  # the parts of a name that several columns give a series
SHOWN_ROWS = 5


def make_timeline(records: Records, schema: Schema, columns: Sequence[str]) -> Timeline:
    """Return the numbers of some columns as a timeline.

    The column of role TIME orders the rows: a date, or a number that counts. Where it only counts and columns such as year,
    month and hour date the rows, times are taken from these. Columns of role GROUP name the series of a long table.

    Args:
        records: parsed, of a wide table (one row a step) or a long one (one row a step of one series).
        schema: the role of each column.
        columns: of the variables, in this order; all of kind NUMBER.

    Raises:
        UnknownNameError: a variable that the records lack.
        ColumnError: a variable that holds no numbers, no column that orders the rows, or rows without a time.
    """
    for name in columns:
        _check_variable(records, schema, name)
    moments, times = _moments(records, schema)
    codes, ids = _series(records, schema)
    order = np.lexsort((records.rows, moments, codes))
    starts = np.searchsorted(codes[order], np.arange(len(ids) + 1))
    given = [records.frame.get_column(name).to_numpy().astype(np.float32) for name in columns]
    values = np.stack(given, axis=1)[order] if given else np.empty((len(order), 0), dtype=np.float32)
    return Timeline(
        np.ascontiguousarray(values),
        tuple(columns),
        starts.astype(np.int64),
        ids,
        None if times is None else times[order],
        records.rows[order],
    )


def variables_of(records: Records, schema: Schema) -> tuple[str, ...]:
    """Return the columns of numbers that run in time: targets and inputs, but no columns that only date the rows."""
    names = [name for name in (*schema.names(Role.TARGET), *schema.inputs(Kind.NUMBER)) if name in records.frame.columns]
    dates = find_calendar(records.frame, records.frame.columns)
    return tuple(name for name in names if records.frame.get_column(name).dtype.is_numeric() and name not in dates)


def without_time(records: Records, schema: Schema) -> np.ndarray:
    """Return (N,) whether a row has no time, so that it has no place in its series; all False where no column orders rows."""
    name = next(iter(schema.names(Role.TIME)), None)
    if name is None or name not in records.frame.columns:
        return np.zeros(len(records), dtype=np.bool_)
    column = records.frame.get_column(name)
    return (~column.is_finite().fill_null(False) if column.dtype.is_float() else column.is_null()).to_numpy()


def _check_variable(records: Records, schema: Schema, name: str) -> None:
    if name not in records.frame.columns:
        raise unknown_name("column", name, records.frame.columns)
    dtype = records.frame.get_column(name).dtype
    if not dtype.is_numeric():
        kind = schema.columns[name].kind.value if name in schema.columns else str(dtype)
        raise ColumnError(
            f"The column '{name}' of kind '{kind}' cannot be a variable of a series. Expected numbers. Leave it out, or say "
            f"that it holds numbers: --set schema.columns.{name}.kind=number"
        )


def _moments(records: Records, schema: Schema) -> tuple[IntArray, IntArray | None]:
    """Return (N,) what orders the rows, and (N,) their times in microseconds; None where rows are only counted."""
    name = next(iter(schema.names(Role.TIME)), None)
    if name is None or name not in records.frame.columns:
        raise ColumnError(
            f"No column of {records.source or 'the table'} says when a row was made. Expected a date, or a number that counts "
            "steps. Name it: --set schema.columns.COLUMN.role=time"
        )
    lost = np.flatnonzero(without_time(records, schema))
    if len(lost):
        raise _no_time(records, name, lost)
    column = records.frame.get_column(name)
    if schema.columns[name].kind is Kind.DATE:
        times = column.cast(pl.Datetime("us")).to_physical().to_numpy().astype(np.int64)
        return times, times
    if not column.dtype.is_numeric():
        raise ColumnError(
            f"The time column '{name}' holds text that is neither a date nor a number, such as '{column[0]}'. Say how its "
            f"dates are written: --set schema.columns.{name}.kind=date --set schema.columns.{name}.format=%Y-%m-%d"
        )
    _, moments = np.unique(column.to_numpy(), return_inverse=True)
    return moments.astype(np.int64), calendar_times(records.frame, moments)


def _no_time(records: Records, name: str, lost: IntArray) -> ColumnError:
    is_text = any(suffix in records.source.lower() for suffix in LINE_SUFFIXES)
    word = ("line" if is_text else "row") + ("s" if len(lost) > 1 else "")
    shown = ", ".join(f"{row:,}" for row in records.rows[lost[:SHOWN_ROWS]].tolist())
    more = f" and {len(lost) - SHOWN_ROWS:,} more" if len(lost) > SHOWN_ROWS else ""
    return ColumnError(
        f"The time column '{name}' holds no time in {len(lost):,} of {len(records):,} rows ({word} {shown}{more}), so these "
        "have no place in the series. Write their times, or take the rows out."
    )


def _series(records: Records, schema: Schema) -> tuple[IntArray, tuple[str, ...]]:
    """Return (N,) the number of each row's series, and the names of the series, in the order in which they first occur."""
    names = [name for name in schema.names(Role.GROUP) if name in records.frame.columns]
    if not names:
        return np.zeros(len(records), dtype=np.int64), ("",)
    label = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in names], separator=BETWEEN)
    labels = records.frame.select(label.alias("id")).to_series()
    ids = labels.unique(maintain_order=True)
    codes = labels.replace_strict(ids, pl.Series(np.arange(len(ids))), return_dtype=pl.Int64)
    return codes.to_numpy().astype(np.int64), tuple(ids.to_list())
