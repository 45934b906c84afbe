"""Cuts of a series that runs in time: which part each origin is in, so that no forecast of one part ends in the next."""

from collections.abc import Sequence

import numpy as np

from espalier.core.errors import SplitError
from espalier.core.records import IntArray
from espalier.core.timeline import Timeline
from espalier.data.series.windows import check_room, origins

BETWEEN = 3  # of an origin whose forecast begins in one part and ends in another; it is in none


def usable_origins(timeline: Timeline, look_back: int, horizon: int) -> IntArray:
    """Return the positions that have a whole look-back behind them and a whole horizon before them, with a known value in it.

    Args:
        timeline: all series; the variables that are forecast come first.
        look_back: steps that end with the origin.
        horizon: steps behind it.

    Raises:
        SplitError: no series is long enough.
    """
    check_room(timeline, look_back, horizon)
    found = origins(timeline, look_back, horizon)
    known = np.concatenate([[0], np.cumsum(np.isfinite(timeline.values[:, 0]))])  # values of the first variable before each
    return found[(timeline.rows[found] >= 0) & (known[found + horizon + 1] > known[found + 1])]


def parts_of_origins(timeline: Timeline, places: IntArray, fractions: Sequence[float], gap: int) -> IntArray:
    """Return (N,) the part of each origin: 0 train, 1 valid, 2 test, 3 between two parts.

    The steps are cut, earliest first; an origin is in the part that holds all steps that are forecast from it. Series with
    dates are cut at the same dates; steps that are only counted are cut in each series for itself, a horizon at least for
    validation and test.

    Args:
        timeline: all series.
        places: (N,) positions of the origins.
        fractions: of the steps, for train, valid and test.
        gap: steps behind an origin that are forecast; 0 where the step itself is judged.

    Raises:
        SplitError: a part is left without an origin.
    """
    steps = _cut_by_dates(timeline, fractions) if timeline.times is not None else _cut_each(timeline, fractions, gap)
    first, last = steps[places + min(gap, 1)], steps[places + gap]
    parts = np.where(first == last, first, BETWEEN)
    counts = np.bincount(parts, minlength=BETWEEN + 1)
    if not counts[:BETWEEN].all():
        empty = ("train", "valid", "test")[int(np.argmin(counts[:BETWEEN]))]
        what = f"a step from which {gap} steps can be forecast within it" if gap else "a step that can be judged"
        raise SplitError(
            f"The {empty} part is left without {what}: the series has "
            f"{int(timeline.lengths.max())} steps. Shorten the horizon or the look-back, or make the part larger: "
            f"--set split.{empty}=0.2"
        )
    return parts


def _cut_by_dates(timeline: Timeline, fractions: Sequence[float]) -> IntArray:
    """Return (P,) the part of each step, cut at the dates that leave the fractions of all steps behind them."""
    times = timeline.times if timeline.times is not None else np.empty(0, dtype=np.int64)
    ordered = np.sort(times)
    ends = [ordered[min(round(one * len(ordered)), len(ordered) - 1)] for one in np.cumsum(fractions)[:2]]
    return (times >= ends[0]).astype(np.int64) + (times >= ends[1])


def _cut_each(timeline: Timeline, fractions: Sequence[float], gap: int) -> IntArray:
    """Return (P,) the part of each step, cut in each series for itself from its end."""
    lengths = timeline.lengths
    test = np.maximum(np.round(fractions[2] * lengths).astype(np.int64), gap)
    valid = np.maximum(np.round(fractions[1] * lengths).astype(np.int64), gap)
    to_end = np.repeat(timeline.starts[1:], lengths) - np.arange(len(timeline))  # 1 for the last step
    return (to_end <= np.repeat(test + valid, lengths)).astype(np.int64) + (to_end <= np.repeat(test, lengths))
