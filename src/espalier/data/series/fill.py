"""Missing steps of a timeline, filled from the past only: what comes later is not known when a forecast is made."""

from dataclasses import dataclass

import numpy as np

from espalier.core.timeline import Steps, Timeline


@dataclass(frozen=True)
class Filled:
    """Values without gaps, as far as the past can fill them.

    Args:
        values: (P, V) float32; NaN only before the first known value of a series.
        ages: (P, V) int32, steps since the value was last known; 0 where it is known, -1 where none was before.
        sentences: what was filled, one for each variable with gaps.
    """

    values: Steps
    ages: np.ndarray
    sentences: tuple[str, ...]


def fill_forward(timeline: Timeline) -> Filled:
    """Return a timeline's values with each gap filled by the last known value of its series.

    Example:
        >>> values = np.array([[np.nan], [2.0], [np.nan], [np.nan], [5.0]], dtype=np.float32)
        >>> line = Timeline(values, ("x",), np.array([0, 3, 5]), ("a", "b"), None, np.arange(5))
        >>> fill_forward(line).values[:, 0].tolist(), fill_forward(line).ages[:, 0].tolist()
        ([nan, 2.0, 2.0, nan, 5.0], [-1, 0, 1, -1, 0])
    """
    known = np.isfinite(timeline.values)
    places = np.arange(len(timeline))
    last = np.maximum.accumulate(np.where(known, places[:, None], -1), axis=0)
    firsts = np.repeat(timeline.starts[:-1], timeline.lengths)
    has_past = last >= firsts[:, None]
    taken = np.take_along_axis(timeline.values, np.maximum(last, 0), axis=0)
    ages = np.where(has_past, places[:, None] - last, -1).astype(np.int32)
    values = np.where(has_past, taken, np.float32(np.nan))
    told = (_sentence(name, ages[:, n]) for n, name in enumerate(timeline.names))
    return Filled(values, ages, tuple(one for one in told if one))


def _sentence(name: str, ages: np.ndarray) -> str:
    """Return what was filled in one variable, or nothing where no step is missing."""
    filled, empty = int((ages > 0).sum()), int((ages < 0).sum())
    if not filled and not empty:
        return ""
    share = f"{(filled + empty) / len(ages):.1%}"
    stays = "stands before the first known value and stays" if empty == 1 else "stand before the first known value and stay"
    before = f"; {empty:,} {stays} empty" if empty else ""
    if not filled:
        return f"'{name}' is missing in {empty:,} steps ({share}), all before its first known value"
    longest = int(ages.max())
    steps = "step" if longest == 1 else "steps"
    return (
        f"'{name}' is missing in {filled + empty:,} steps ({share}); the last known value is put there, at most {longest:,} "
        f"{steps} old{before}"
    )
