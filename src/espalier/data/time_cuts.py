"""Time cuts: the earliest rows are trained on, the latest are the test, and no moment stands on two sides."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from espalier.core.errors import ColumnError, SplitError
from espalier.core.records import IntArray


def parts_of_time(times: pl.Series, fractions: Sequence[float]) -> IntArray:
    """Return (N,) the part of each row: 0 train, 1 valid, 2 test, every train time before every valid time before every test.

    Each cut is put between two different times, as near as they allow to the fractions. Rows without a time are trained on:
    nothing says that they came later.

    Args:
        times: dates or numbers, in any order.
        fractions: share of train, valid and test.

    Raises:
        ColumnError: neither dates nor numbers.
        SplitError: fewer than three different times.

    Example:
        >>> parts_of_time(pl.Series([5.0, 1.0, 1.0, 4.0, 2.0]), (0.6, 0.2, 0.2)).tolist()
        [2, 0, 0, 1, 0]
    """
    if not (times.dtype.is_temporal() or times.dtype.is_numeric()):
        raise ColumnError(
            f"The column '{times.name}' holds {times.dtype}; a split by time needs dates or numbers. "
            f"Name another column, or say how its dates are written: --set schema.columns.{times.name}.kind=date"
        )
    known = (times.is_finite().fill_null(False) if times.dtype.is_float() else times.is_not_null()).to_numpy()
    values = times.to_physical().to_numpy()[known]
    order = np.argsort(values, kind="stable")
    cuts = np.flatnonzero(np.diff(values[order])) + 1  # positions where a new time begins
    if len(cuts) < len(fractions) - 1:
        raise SplitError(
            f"The column '{times.name}' has {len(cuts) + min(len(values), 1)} different times in {len(times)} rows; a split by "
            f"time into {len(fractions)} parts needs at least {len(fractions)}. Use split.method random."
        )
    num_missing = len(times) - len(values)
    train_end, valid_end = np.cumsum(fractions)[:2] * len(times) - num_missing
    first = int(np.abs(cuts[:-1] - train_end).argmin())
    second = first + 1 + int(np.abs(cuts[first + 1 :] - valid_end).argmin())
    place = np.empty(len(values), dtype=np.int64)
    place[order] = np.arange(len(values))
    parts = np.zeros(len(times), dtype=np.int64)
    parts[known] = (place >= cuts[first]).astype(np.int64) + (place >= cuts[second])
    return parts
