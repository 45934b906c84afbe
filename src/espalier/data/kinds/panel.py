"""Panels: tables that hold one series a row, as the M4 competition has them: an id, then the values one behind the other.

They are melted into the long form, one record a step. A table of features may look the same (pixel1, pixel2, ...), so what
it is is decided by evidence: blanks behind the ends of shorter rows, names that tell of time, or values that go on from one
column to the next.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.records import Hints, Records
from espalier.core.schema import Column, Kind, Role
from espalier.data.describe.dates import find_pattern, read_dates
from espalier.data.describe.missing import SURE

ID, STEP, VALUE, LINE = "id", "step", "value", "line"  # the columns of the long form
MIN_VALUES = 8  # columns of values
MAX_LEADING = 12  # columns in front of them
NUMBERED = re.compile(r"^(.*?)(\d+)$")
TIME_WORDS = ("", "d", "day", "w", "week", "m", "month", "q", "y", "year", "h", "hour", "t", "time", "step", "period", "lag")
NO_TIME_WORDS = ("pixel", "px", "pix")
MIN_GOES_ON = 0.5  # autocorrelation at lag 1 within a row, in the middle of all rows
MIN_FILLED = 0.9  # share of the cells before the ends that hold a value
MIN_IDS = 2
IS_GROUP = Column(Kind.CATEGORY, Role.GROUP, reason="it names the series that a step belongs to")
IS_STEP = Column(Kind.NUMBER, Role.TIME, reason="it counts the steps of each series from 1")
IS_DATE = Column(Kind.DATE, Role.TIME, reason="the names of the columns of values are dates")
IS_LINE = Column(Kind.NUMBER, Role.IDENTIFIER, reason="the row of the source that holds the series")


@dataclass(frozen=True)
class Panel:
    """How a table holds series in its rows.

    Args:
        leading: names of the columns in front; the first one names the series.
        values: names of the columns of values, in the order of time.
        dates: pattern of the names where they are dates; None where they are numbered.
        table: (N, L) the values; NaN where one is missing.
        why: the evidence, as part of a sentence.
    """

    leading: tuple[str, ...]
    values: tuple[str, ...]
    dates: str | None
    table: FloatArray
    why: str


def find_panel(frame: pl.DataFrame, *, is_asked: bool = False) -> Panel | None:
    """Return how a table holds series in its rows, or None where its columns are something else.

    Args:
        frame: columns as they were read.
        is_asked: whether the person asked for series, so that the form is evidence enough.
    """
    names = frame.columns
    start, pattern = _start_of_values(names)
    if not 1 <= start <= MAX_LEADING or len(names) - start < MIN_VALUES or not _names_series(frame.to_series(0)):
        return None
    values = _as_numbers(frame, names[start:])
    if values is None:
        return None
    why = _evidence(names[start:], values, pattern)
    if why is None and not is_asked:
        return None
    return Panel(tuple(names[:start]), tuple(names[start:]), pattern, values, why or "you asked for series")


def with_long(records: Records, *, is_asked: bool = False) -> Records:
    """Return the records of a panel in the long form: id, step, value, and the line that held the series.

    Steps without a value behind the end of a series are padding and are left out; those before it stay, as missing. The records
    are numbered anew, for a line of the source holds many of them.

    Args:
        records: of a table; any other than a panel stays as it is.
        is_asked: whether the person asked for series.
    """
    panel = find_panel(records.frame, is_asked=is_asked)
    if panel is None:
        return records
    values = panel.table
    known = np.isfinite(values)
    lengths = np.where(known.any(axis=1), values.shape[1] - known[:, ::-1].argmax(axis=1), 0)
    within = np.arange(values.shape[1]) < lengths[:, None]
    owners, steps = np.nonzero(within)
    long = records.frame.select(panel.leading)[owners].rename({panel.leading[0]: ID})
    time = pl.Series(STEP, steps + 1)
    if panel.dates is not None:
        time = read_dates(pl.Series(STEP, list(panel.values)), panel.dates).values.gather(steps)
    added = [time, pl.Series(VALUE, values[within]).fill_nan(None), pl.Series(LINE, records.rows[owners])]
    long = long.with_columns(pl.col(ID).cast(pl.String), *added)
    known_columns = {ID: IS_GROUP, STEP: IS_STEP if panel.dates is None else IS_DATE, LINE: IS_LINE}
    empty = int((lengths == 0).sum())
    notes = (
        f"read as one series a row ({len(values):,} series of at most {len(panel.values):,} steps), because {panel.why}; "
        f"the {long.height:,} values are now rows, and the column '{LINE}' tells the row of the source",
        *((f"{empty:,} series hold no value and were left out",) if empty else ()),
    )
    hints = Hints(known_columns, VALUE)
    return replace(records, frame=long, rows=np.arange(1, long.height + 1), notes=(*records.notes, *notes), hints=hints)


def _start_of_values(names: Sequence[str]) -> tuple[int, str | None]:
    """Return where the columns of values begin, and the pattern of their names where these are dates; 0 where none do."""
    for first in range(1, min(len(names) - MIN_VALUES, MAX_LEADING) + 1):
        pattern = _pattern_of(names[first:])
        if pattern is not None:
            return first, pattern
    numbered = [NUMBERED.match(name) for name in names]
    start = len(names)
    while start > 0 and (match := numbered[start - 1]) is not None:
        later = numbered[start] if start < len(names) else None
        if later is not None and (match[1] != later[1] or int(match[2]) + 1 != int(later[2])):
            break
        start -= 1
    return (max(start, 1), None) if len(names) - start >= MIN_VALUES else (0, None)  # the id may itself be V1


def _pattern_of(names: Sequence[str]) -> str | None:
    """Return the pattern of names that are dates in ascending order, else None."""
    cells = pl.Series("names", names)
    found = find_pattern(cells)
    if found is None or found.fraction < 1:
        return None
    times = read_dates(cells, found.name).values
    return found.name if times.is_sorted() and times.n_unique() == len(times) else None


def _names_series(column: pl.Series) -> bool:
    """Return whether every cell names another series, in text."""
    return column.dtype == pl.String and len(column) >= MIN_IDS and column.null_count() == 0 and bool(column.is_unique().all())


def _as_numbers(frame: pl.DataFrame, names: Sequence[str]) -> FloatArray | None:
    """Return (N, L) the values, NaN where one is missing; None where a cell holds something else than a number."""
    chosen = frame.select(names)
    dtypes = chosen.dtypes
    texts = [name for name, dtype in zip(names, dtypes, strict=True) if dtype == pl.String]
    if any(not (dtype.is_numeric() or dtype in (pl.String, pl.Null)) for dtype in dtypes):
        return None
    for name in texts:
        cells = chosen.get_column(name).str.strip_chars()
        cells = cells.filter((cells != "") & ~cells.str.to_lowercase().is_in(list(SURE)))
        if cells.cast(pl.Float64, strict=False).null_count() > cells.null_count():
            return None
    stripped = chosen.with_columns(pl.col(texts).str.strip_chars()) if texts else chosen
    return stripped.cast(pl.Float64, strict=False).to_numpy().astype(np.float64)


def _evidence(names: Sequence[str], values: FloatArray, pattern: str | None) -> str | None:
    """Return why columns of values are steps in time, as part of a sentence; None where nothing says so."""
    if pattern is not None:
        return "the names of the columns are dates"
    match = NUMBERED.match(names[0])
    word = (match[1] if match else names[0]).rstrip("_- .").lower()
    if word in NO_TIME_WORDS:
        return None
    known = np.isfinite(values)
    ends = values.shape[1] - known[:, ::-1].argmax(axis=1)
    if known.any(axis=1).all() and known[:, 0].all() and len(np.unique(ends)) > 1 and known.sum() >= MIN_FILLED * ends.sum():
        return f"rows end after {int(ends.min()):,} to {int(ends.max()):,} values, and blanks follow"
    if word in TIME_WORDS:
        return f"the columns are numbered '{names[0]}' to '{names[-1]}'"
    goes_on = _goes_on(values)
    return f"values go on from one column to the next (autocorrelation {goes_on:.2f})" if goes_on >= MIN_GOES_ON else None


def _goes_on(values: FloatArray) -> float:
    """Return the median over rows of the autocorrelation at lag 1."""
    values = values[np.isfinite(values).any(axis=1)]
    filled = np.where(np.isfinite(values), values, np.nanmean(values, axis=1, keepdims=True))
    centred = filled - filled.mean(axis=1, keepdims=True)
    whole = (centred**2).sum(axis=1)
    found = (centred[:, 1:] * centred[:, :-1]).sum(axis=1)[whole > 0] / whole[whole > 0]
    return float(np.median(found)) if len(found) else 0.0
