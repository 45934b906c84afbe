"""Gaps of a series, filled from the past alone: the last known value goes on until another is known."""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray


def filled(values: FloatArray, starts: IntArray, before: float = 0.0) -> FloatArray:
    """Return values without gaps.

    Args:
        values: (P, C), several series one behind the other; NaN is a gap.
        starts: (S + 1,) first position of each series, and P.
        before: stands where a series has no value yet.

    Example:
        >>> filled(np.array([[np.nan], [1.0], [np.nan], [np.nan]]), np.array([0, 3, 4]))[:, 0].tolist()
        [0.0, 1.0, 1.0, 0.0]
    """
    known = ~np.isnan(values)
    if known.all():
        return values
    places = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(known, places, -1), axis=0)
    first = np.repeat(starts[:-1], np.diff(starts))[:, None]  # of the series that a position lies in
    taken = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.asarray(np.where(last >= first, taken, before))


def ahead(values: FloatArray, starts: IntArray, num_steps: int) -> FloatArray:
    """Return (P,) what each step's series holds some steps later; its last value where the series ends before.

    Example:
        >>> ahead(np.array([1.0, 2.0, 3.0, 7.0, 8.0]), np.array([0, 3, 5]), 1).tolist()
        [2.0, 3.0, 3.0, 8.0, 8.0]
    """
    ends = np.repeat(starts[1:], np.diff(starts)) - 1
    return np.asarray(values[np.minimum(np.arange(len(values)) + num_steps, ends)])
