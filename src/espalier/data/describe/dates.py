"""Dates, however they are written. A column has one pattern; day before month or month before day is decided by its cells.

A pattern is a `strptime` pattern. Besides, "%s" stands for seconds since 1970 and "%s%3f", "%s%6f" and "%s%9f" for
milliseconds, microseconds and nanoseconds; a pattern without a day means the first of the month. Times of day alone are
read as times of 1 January 1970.
"""

import re
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from espalier.core.records import IntArray
from espalier.data.describe.missing import DOUBTFUL, SURE
from espalier.data.describe.reading import NOWHERE, Reading

DATES = (  # what a cell looks like, and the patterns that could be meant; a tilde stands for the separator found
    (r"\d{4}([-/.])\d{1,2}\1\d{1,2}", ("%Y~%m~%d",)),
    (r"\d{1,2}(/)\d{1,2}\1\d{4}", ("%m~%d~%Y", "%d~%m~%Y")),
    (r"\d{1,2}([-.])\d{1,2}\1\d{4}", ("%d~%m~%Y", "%m~%d~%Y")),
    (r"\d{1,2}(/)\d{1,2}\1\d{2}", ("%m~%d~%y", "%d~%m~%y", "%y~%m~%d")),
    (r"\d{1,2}([-.])\d{1,2}\1\d{2}", ("%d~%m~%y", "%y~%m~%d", "%m~%d~%y")),
    (r"\d{4}\. ?\d{1,2}\. ?\d{1,2}\.?", ("%Y. %m. %d.", "%Y. %m. %d")),
    (r"\d{4}년 ?\d{1,2}월 ?\d{1,2}일", ("%Y년 %m월 %d일",)),
    (r"\d{4}년 ?\d{1,2}월", ("%Y년 %m월",)),
    (r"\d{1,2}([- ])[A-Za-z]{3,9}\1\d{4}", ("%d~%B~%Y",)),
    (r"\d{1,2}([- ])[A-Za-z]{3,9}\1\d{2}", ("%d~%B~%y",)),
    (r"[A-Za-z]{3,9} \d{1,2}, ?\d{4}", ("%B %d, %Y",)),
    (r"[A-Za-z]{3,9}([- ])\d{4}", ("%B~%Y",)),
    (r"\d{4}([-/])\d{2}", ("%Y~%m",)),
    (r"(?:19|20)\d{2}[01]\d[0-3]\d", ("%Y%m%d",)),
)
TIMES = (
    ("", ""),
    (r"(T| +)\d{1,2}:\d{2}", "{}%H:%M"),
    (r"(T| +)\d{1,2}:\d{2}:\d{2}", "{}%H:%M:%S"),
    (r"(T| +)\d{1,2}:\d{2}:\d{2}\.\d+", "{}%H:%M:%S%.f"),
    (r"( +)\d{1,2}:\d{2} ?[AaPp][Mm]", "{}%I:%M %p"),
    (r"( +)\d{1,2}:\d{2}:\d{2} ?[AaPp][Mm]", "{}%I:%M:%S %p"),
    (r"( +)(?:오전|오후) ?\d{1,2}:\d{2}", "{}%p %I:%M"),
    (r"( +)(?:오전|오후) ?\d{1,2}:\d{2}:\d{2}", "{}%p %I:%M:%S"),
    (r"( +)\d{1,2}시 ?\d{1,2}분", "{}%H시 %M분"),
)
ZONE = r"(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))"
CLOCKS = ((r"\d{1,2}:\d{2}", "%H:%M"), (r"\d{1,2}:\d{2}:\d{2}", "%H:%M:%S"))
MIN_DATE_FRACTION = 0.9  # of the filled cells; the rest are named one by one when the column is parsed
SHAPE_CELLS = 40  # different cells that are looked at to find candidates
FIRST_YEAR, LAST_YEAR = 1600, 2200  # dates outside are no dates that a model should learn from
EMPTY_DATES = ("0000-00-00", "9999-12-31", "99991231")  # and the same with a time behind
EPOCHS = {"%s": 1, "%s%3f": 10**3, "%s%6f": 10**6, "%s%9f": 10**9}  # by pattern: units in a second
FIRST_SECOND, LAST_SECOND = 631_152_000, 2_208_988_800  # 1990 to 2040: whole numbers that could count seconds since 1970


@dataclass(frozen=True)
class Pattern:
    """How the dates of a column are written.

    Args:
        name: the pattern.
        fraction: share of the filled cells that it reads, spellings of "not known" left out.
        reason: how the order of day and month was decided, or empty where there was nothing to decide.
    """

    name: str
    fraction: float
    reason: str = ""


def find_pattern(sample: pl.Series) -> Pattern | None:
    """Return the pattern of a text column's dates, or None when it is no column of dates.

    Args:
        sample: filled cells, text without spaces at its ends, in the order of the source.
    """
    best = best_pattern(sample)
    return best if best is not None and best.fraction >= MIN_DATE_FRACTION else None


def best_pattern(sample: pl.Series) -> Pattern | None:
    """Return the pattern that reads the most cells, be they few, or None when no cell looks like a date."""
    names = _candidates(sample.head(SHAPE_CELLS))
    cells = sample.filter(~sample.str.to_lowercase().is_in([*SURE, *DOUBTFUL, *EMPTY_DATES]))
    if not names and len(cells) < len(sample):  # the first cells may all mean "not known"
        names = _candidates(cells.head(SHAPE_CELLS))
    if not names or not len(cells):
        return None
    values = {name: read_dates(cells, name).values for name in names}
    most = max(one.count() for one in values.values())
    equal = {name: one for name, one in values.items() if one.count() == most}
    if not most:
        return None
    name = next(iter(equal)) if len(equal) == 1 else _in_order(equal) or _fullest(equal) or next(iter(equal))
    return Pattern(name, most / len(cells), _why(name, [*values], [*equal], equal))


def _candidates(sample: pl.Series) -> list[str]:
    """Return the patterns that some of these cells could be written in."""
    names: dict[str, None] = {}
    for cell in sample.to_list():
        for name in _patterns_of(cell):
            names[name] = None
    return list(names)


def _patterns_of(cell: str) -> list[str]:
    """Return the patterns that one cell could be written in.

    Example:
        >>> _patterns_of("03/04/2024 9:30")
        ['%m/%d/%Y %H:%M', '%d/%m/%Y %H:%M']
    """
    if not any(letter.isdigit() for letter in cell) or len(cell) > 40:
        return []
    for shape, pattern in CLOCKS:
        if re.fullmatch(shape, cell):
            return [pattern]
    zone = re.search(rf"(?<=\d){ZONE}$", cell) if ":" in cell else None
    rest = cell[: zone.start()] if zone else cell
    for shape, patterns in DATES:
        found = re.match(shape, rest)
        if not found:
            continue
        separator = found.group(1) if found.groups() else ""
        for ending, time in TIMES:
            after = re.fullmatch(ending, rest[found.end() :])
            if after:
                clock = time.format("T" if after.groups() and after.group(1) == "T" else " ")
                return [pattern.replace("~", separator) + clock + ("%z" if zone else "") for pattern in patterns]
    return []


def _in_order(readings: dict[str, pl.Series]) -> str:
    """Return the one pattern under which the rows are in order of time, or an empty string."""
    ordered = [name for name, values in readings.items() if is_in_order(values)]
    return ordered[0] if len(ordered) == 1 else ""


def _fullest(readings: dict[str, pl.Series]) -> str:
    """Return the one pattern whose days go up highest: days reach 31, and months or two-digit years seldom do so evenly."""
    spread = {name: values.dt.day().n_unique() for name, values in readings.items()}
    best = max(spread.values())
    names = [name for name, days in spread.items() if days == best]
    return names[0] if len(names) == 1 and best > 12 else ""


def is_in_order(values: pl.Series) -> bool:
    """Tell whether dates go forward, or backward, from the first row to the last, and are not all one."""
    values = values.drop_nulls()
    if len(values) < 3 or values[0] == values[-1]:
        return False
    return values.is_sorted() or values.is_sorted(descending=True)


def _why(name: str, names: list[str], equal: list[str], readings: dict[str, pl.Series]) -> str:
    """Return in words how the order of day, month and year was decided."""
    if len(names) == 1 or not {"%d", "%m"} <= set(re.findall("%[a-zA-Z]", name)):
        return ""
    order = re.findall("%[dmyY]", name)
    words = {"%d": "day", "%m": "month", "%y": "year", "%Y": "year"}
    first = f"the order is {', '.join(words[part] for part in order)}"
    if len(equal) == 1:
        return f"{first}: any other order leaves more cells unread"
    if _in_order(readings):
        return f"{first}: so read, the rows are in order of time"
    if _fullest(readings):
        return f"{first}: so read, the days go up highest"
    return f"{first}, by convention only: no cell tells day from month; if wrong, set its format to '{equal[-1]}'"


def means_no_date(cell: str) -> bool:
    """Tell whether a cell is a date that stands for none, such as "9999-12-31 00:00:00"."""
    return cell.startswith(EMPTY_DATES)


def find_epoch(low: float, high: float) -> Pattern | None:
    """Return the pattern of whole numbers that could count seconds or milliseconds since 1970, or None when they could not.

    Args:
        low: the smallest of the numbers.
        high: the largest of the numbers.

    Example:
        >>> find_epoch(1_700_000_000, 1_710_000_000)
        Pattern(name='%s', fraction=1.0, reason='')
    """
    fits = (name for name, units in EPOCHS.items() if FIRST_SECOND * units <= low and high <= LAST_SECOND * units)
    return next((Pattern(name, 1.0) for name in fits), None)


def read_dates(series: pl.Series, pattern: str | None, missing: tuple[str, ...] = ()) -> Reading:
    """Return a column's cells as Datetime("us"), times with a zone as UTC.

    Args:
        series: dates, text in this pattern, or numbers for the patterns of seconds and of "%Y%m%d".
        pattern: how text is written; None for columns that are typed already, or to find it from these very cells.
        missing: spellings of "not known"; compared without spaces at the ends.
    """
    if series.dtype.is_temporal():
        values = _in_years(_from_typed(series))
        return Reading(values, (values.is_null() & series.is_not_null()).arg_true().to_numpy().astype(np.int64))
    if pattern in EPOCHS:
        return _from_epoch(series, pattern, missing)
    text = series.cast(pl.Int64, strict=False).cast(pl.String) if series.dtype.is_numeric() else series
    if text.dtype != pl.String:
        return Reading(pl.Series(series.name, [None] * len(series), dtype=pl.Datetime("us")), _filled(text, ()))
    if pattern is None:
        found = best_pattern(text.drop_nulls().str.strip_chars())
        pattern = found.name if found else "%Y-%m-%d"
    values = _strptime(text, pattern)
    if values.null_count() == text.null_count():
        return Reading(values)
    failed = (values.is_null() & text.is_not_null()).arg_true()
    return Reading(values, failed.gather(_filled(text.gather(failed), missing)).to_numpy().astype(np.int64))


def _from_typed(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Time:
        return (series.cast(pl.Duration("us")) + pl.Series([0]).cast(pl.Datetime("us"))[0]).cast(pl.Datetime("us"))
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return series.cast(pl.Datetime("us"))


def _from_epoch(series: pl.Series, pattern: str, missing: tuple[str, ...]) -> Reading:
    text = series.str.strip_chars() if series.dtype == pl.String else series
    seconds = text.cast(pl.Float64, strict=False) / EPOCHS[pattern]
    values = _in_years((seconds * 10**6).cast(pl.Int64, strict=False).cast(pl.Datetime("us")))
    failed = (values.is_null() & series.is_not_null()).arg_true()
    unread = failed.gather(_filled(text.gather(failed), missing)) if len(failed) else failed
    return Reading(values, unread.to_numpy().astype(np.int64))


def _strptime(text: pl.Series, pattern: str) -> pl.Series:
    """Return the dates of text; null for cells that are none."""
    cell, strptime = pl.col(text.name).str.strip_chars(), pattern
    if "%p" in pattern:
        cell = cell.str.replace("오전", "AM", literal=True).str.replace("오후", "PM", literal=True)
    if "%z" in pattern:
        cell = cell.str.replace(r" ?(?:Z|UTC)$", "+0000").str.replace(r" ([+-]\d{2}:?\d{2})$", "$1")
    if "%d" not in pattern and _has_month(pattern):  # the first of the month
        cell, strptime = cell + " 01", pattern + " %d"
    elif "%d" not in pattern:  # a time of the first day of 1970
        cell, strptime = "1970-01-01 " + cell, "%Y-%m-%d " + pattern
    dates = cell.str.to_datetime(strptime, strict=False, time_unit="us", ambiguous="earliest")
    if "%z" in pattern:
        dates = dates.dt.replace_time_zone(None)
    return _in_years(text.to_frame().select(dates.alias(text.name)).to_series())


def _in_years(values: pl.Series) -> pl.Series:
    """Return the dates with those outside the years that make sense made null."""
    low, high = values.min(), values.max()
    if not isinstance(low, datetime) or not isinstance(high, datetime) or (low.year >= FIRST_YEAR and high.year <= LAST_YEAR):
        return values
    date = pl.col(values.name)
    return values.to_frame().select(pl.when(date.dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then(date)).to_series()


def _has_month(pattern: str) -> bool:
    return "%m" in pattern or "%B" in pattern


def _filled(text: pl.Series, missing: tuple[str, ...]) -> IntArray:
    """Return the positions of cells that hold something else than a spelling of "not known"."""
    if text.dtype != pl.String:
        return text.is_not_null().arg_true().to_numpy().astype(np.int64)
    spelt = ["", *(one.strip().lower() for one in missing)]
    cells = text.str.strip_chars().str.to_lowercase()
    return (cells.is_not_null() & ~cells.is_in(spelt)).arg_true().to_numpy().astype(np.int64) if len(text) else NOWHERE
