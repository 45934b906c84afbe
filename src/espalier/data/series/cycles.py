"""Cycles of the calendar: where in the day, the week and the year a step lies, as points on a circle.

A circle has no end: 23 o'clock lies beside 0 o'clock.
"""

from collections.abc import Sequence

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray

DAY = 86_400 * 10**6  # microseconds
PERIODS = {"time of the day": DAY, "day of the week": 7 * DAY, "day of the year": round(365.2425 * DAY)}
LEAST_CYCLES = 2  # of a period that the series must cover, so that a later one can be told from it
MOST_STEP = 0.5  # of a period that lies between two steps, at most: else they do not differ in it


def cycles_of(times: IntArray | None) -> tuple[str, ...]:
    """Return the cycles that the steps of a series go through.

    Args:
        times: (P,) microseconds, of one or several series; None where steps are only counted.

    Example:
        >>> cycles_of(np.arange(24 * 30) * 3_600 * 10**6)
        ('time of the day', 'day of the week')
    """
    if times is None or len(times) < 2:
        return ()
    step, span = float(np.median(np.abs(np.diff(times)))), int(times.max() - times.min())
    return tuple(name for name, period in PERIODS.items() if 0 < step <= MOST_STEP * period and span >= LEAST_CYCLES * period)


def cycle_channels(times: IntArray | None, num_steps: int, cycles: Sequence[str]) -> FloatArray:
    """Return the sine and the cosine of each cycle, (P, 2 x cycles); no columns without cycles.

    Args:
        times: (P,) microseconds; None only without cycles.
        num_steps: P.
        cycles: names from `cycles_of`.
    """
    if times is None or not cycles:
        return np.empty((num_steps, 0))
    angles = [2 * np.pi * (times % PERIODS[name]) / PERIODS[name] for name in cycles]
    return np.stack([part(angle) for angle in angles for part in (np.sin, np.cos)], axis=1)
