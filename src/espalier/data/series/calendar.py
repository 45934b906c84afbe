"""Times from columns such as year, month, day and hour, which date the rows of a table together."""

import numpy as np
import polars as pl

from espalier.core.records import IntArray
from espalier.data.describe.calendar_columns import NAMES, find_calendar

FIRST = {"day": 1, "hour": 0, "minute": 0}  # where no column tells it


def calendar_times(frame: pl.DataFrame, moments: IntArray) -> IntArray | None:
    """Return (N,) the time of each row in microseconds since 1970, or None where no columns date the rows.

    Args:
        frame: parsed columns.
        moments: (N,) what orders the rows; the columns must rise with it, or they do not say when a row was made.

    Example:
        >>> frame = pl.DataFrame({"year": [2024, 2024], "month": [1, 1], "day": [1, 1], "hour": [0, 1]})
        >>> calendar_times(frame, np.array([0, 1])).tolist()
        [1704067200000000, 1704070800000000]
    """
    order = np.argsort(moments, kind="stable")
    sorted_frame = frame[order]
    names = find_calendar(sorted_frame, frame.columns)
    if not names:
        return None
    whole = {name: pl.col(name).cast(pl.Float64, strict=False).cast(pl.Int64, strict=False) for name in names}
    told = {part: whole[name] for part, words in NAMES.items() for name in names if name.strip().lower() in words}
    parts = [told.get(part, pl.lit(FIRST.get(part))) for part in NAMES]
    stamps = frame.select(pl.datetime(*parts)).to_series()
    if stamps.null_count():
        return None
    times = stamps.cast(pl.Datetime("us")).to_physical().to_numpy().astype(np.int64)
    return times if bool((np.diff(times[order]) >= 0).all()) else None
