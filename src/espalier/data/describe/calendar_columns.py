"""Dates in pieces: a table with year, month and perhaps day and hour in columns of their own, its rows in order of time."""

from collections.abc import Iterable

import polars as pl

YEARS = (1800, 2200)
PARTS = {"month": 13, "day": 32, "hour": 25, "minute": 61}  # each with a number above its largest value
NAMES = {"year": ("year", "yr", "년", "연도", "년도"), "month": ("month", "mon", "월"), "day": ("day", "일")} | {
    "hour": ("hour", "hr", "시"),
    "minute": ("minute", "분"),
}


def find_calendar(frame: pl.DataFrame, names: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that together date the rows, when the rows are in order of time by them; else nothing.

    Args:
        frame: the columns as read.
        names: columns that may be looked at.

    Example:
        >>> find_calendar(pl.DataFrame({"year": [2023, 2023, 2024], "month": [11, 12, 1]}), ["year", "month"])
        ('year', 'month')
    """
    lowered = {name.strip().lower(): name for name in names}
    found = {part: lowered[word] for part, words in NAMES.items() for word in words if word in lowered}
    if "year" not in found or "month" not in found:
        return ()
    moment = frame[found["year"]].cast(pl.Float64, strict=False)
    low, high = moment.min(), moment.max()
    if not isinstance(low, float) or not isinstance(high, float) or low < YEARS[0] or high > YEARS[1]:
        return ()
    for part, size in PARTS.items():
        if part in found:
            moment = moment * size + frame[found[part]].cast(pl.Float64, strict=False)
    in_order = moment.null_count() == 0 and moment.is_sorted() and moment[0] != moment[-1]
    return tuple(found[part] for part in ("year", *PARTS) if part in found) if in_order else ()
