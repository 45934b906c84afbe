"""Grid: a timeline in which every step is as long as the next, so that windows of as many steps span as long a time."""

from dataclasses import dataclass

import numpy as np

from espalier.core.records import IntArray
from espalier.core.timeline import Steps, Timeline
from espalier.data.series.frequency import Frequency, find_frequency, is_even

MAX_GROWTH = 3.0  # times the steps that are there; beyond it gaps are longer than the series and stay out
ABSENT = -1  # the source row of a step that was put into a gap


@dataclass(frozen=True)
class Gridded:
    """A timeline on a grid.

    Args:
        timeline: steps that were missing are NaN, with source row -1; steps that several rows share hold the mean of their
            known values, and the first of these rows.
        merged: (M,) source rows that were merged into an earlier row of the same step.
        sentences: what was changed; empty where nothing was.
    """

    timeline: Timeline
    merged: IntArray
    sentences: tuple[str, ...]


def on_grid(timeline: Timeline) -> Gridded:
    """Return a timeline with steps for the stamps that are missing, and one step for stamps that are doubled.

    Series that are only counted, irregular, or of business days (whose gaps are holidays) stay as they are, and so does
    one that would become more than three times as long.

    Args:
        timeline: of all series.
    """
    nothing = np.empty(0, dtype=np.int64)
    if timeline.times is None:
        return Gridded(timeline, nothing, ())
    pieces = [_gridded(timeline, number) for number in range(len(timeline.ids))]
    if all(piece is None for piece in pieces):
        return Gridded(timeline, nothing, ())
    whole = [piece or _as_it_is(timeline, number) for number, piece in enumerate(pieces)]
    made = Timeline(
        np.concatenate([piece.values for piece in whole]),
        timeline.names,
        np.concatenate([[0], np.cumsum([len(piece.rows) for piece in whole])]).astype(np.int64),
        timeline.ids,
        np.concatenate([piece.times for piece in whole]),
        np.concatenate([piece.rows for piece in whole]),
    )
    merged = np.setdiff1d(timeline.rows, made.rows)
    return Gridded(made, merged, _sentences(timeline, made, merged))


@dataclass(frozen=True)
class _Piece:
    values: Steps
    times: IntArray
    rows: IntArray


def _as_it_is(timeline: Timeline, number: int) -> _Piece:
    part = slice(int(timeline.starts[number]), int(timeline.starts[number + 1]))
    times = timeline.times[part] if timeline.times is not None else np.empty(0, dtype=np.int64)
    return _Piece(timeline.values[part], times, timeline.rows[part])


def _gridded(timeline: Timeline, number: int) -> _Piece | None:
    """Return one series on its grid, or None where it stays as it is."""
    given = _as_it_is(timeline, number)
    if len(given.times) < 2 or is_even(given.times):
        return None
    frequency = find_frequency(given.times)
    if not frequency.is_regular or frequency.is_business:
        return None
    places = _places(given.times, frequency)
    size = int(places[-1]) + 1
    if np.array_equal(places, np.arange(len(places))) or size > MAX_GROWTH * len(places):
        return None
    first = np.flatnonzero(np.concatenate([[True], np.diff(places) > 0]))
    rows = np.full(size, ABSENT, dtype=np.int64)
    rows[places[first]] = given.rows[first]
    return _Piece(_means(given.values, places, size), _times(given.times, places, frequency, size), rows)


def _places(times: IntArray, frequency: Frequency) -> IntArray:
    """Return (P,) the step of the grid that each stamp is nearest to, from 0."""
    if frequency.months is not None:
        months: IntArray = times.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        return (months - months[0]) // frequency.months
    return np.rint((times - times[0]) / (frequency.microseconds or 1)).astype(np.int64)


def _times(times: IntArray, places: IntArray, frequency: Frequency, size: int) -> IntArray:
    """Return (size,) the time of each step: as it was stamped where it was."""
    if frequency.months is not None:
        first = times[:1].astype("datetime64[us]").astype("datetime64[M]")
        into = times[0] - first.astype("datetime64[us]").astype(np.int64)[0]
        months = first + np.arange(size) * frequency.months
        made: IntArray = months.astype("datetime64[us]").astype(np.int64) + into
    else:
        made = times[0] + np.arange(size, dtype=np.int64) * (frequency.microseconds or 1)
    made[places[::-1]] = times[::-1]
    return made


def _means(values: Steps, places: IntArray, size: int) -> Steps:
    """Return (size, V) the mean of the known values of each step; NaN where there are none."""
    known = np.isfinite(values)
    sums, counts = np.zeros((size, values.shape[1])), np.zeros((size, values.shape[1]))
    np.add.at(sums, places, np.where(known, values, 0.0))
    np.add.at(counts, places, known)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).astype(np.float32)


def _sentences(timeline: Timeline, made: Timeline, merged: IntArray) -> tuple[str, ...]:
    put_in = int((made.rows == ABSENT).sum())
    told = []
    if put_in:
        share = put_in / len(made)
        what = "1 step is" if put_in == 1 else f"{put_in:,} steps are"
        told.append(f"{what} put in as missing where no row has their stamp ({share:.1%} of all)")
    if len(merged):
        what = "1 row shares its step" if len(merged) == 1 else f"{len(merged):,} rows share their step"
        told.append(f"{what} with an earlier row; the mean of their values is taken")
    return tuple(told)
