"""Stamps: whether the times of each series are complete, single, in order and of one frequency, and what the clock did."""

from dataclasses import dataclass

import numpy as np

from espalier.core.records import IntArray
from espalier.core.timeline import Timeline
from espalier.data.series.frequency import COUNTED, DAY, HOUR, Frequency, find_frequency, in_words, is_even, steps_between

MAX_ROWS = 100  # source rows listed for one reason; the count is always whole
MIN_RUN = 5  # equal distances one behind the other that make a frequency of their own
MIN_SHARE = 0.05  # of the distances
SHIFT_MONTHS = (3, 4, 9, 10, 11)  # in which clocks are put forward or back somewhere
SHIFT_HOURS = (0, 4)  # of the night, from and until
SUNDAY = 6


@dataclass(frozen=True)
class Marked:
    """Steps that something is true of.

    Args:
        count: how many.
        rows: source rows of the first 100.
    """

    count: int = 0
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Gaps:
    """Stamps that are missing between others.

    Args:
        count: places where some are missing.
        missing: steps that are.
        longest: steps that are missing in the longest gap.
        rows: source rows of the steps behind the first 100 gaps.
        longest_row: source row of the step behind the longest; 0 where there is none.
    """

    count: int = 0
    missing: int = 0
    longest: int = 0
    rows: tuple[int, ...] = ()
    longest_row: int = 0


@dataclass(frozen=True)
class Stretch:
    """A part of a series with a frequency of its own.

    Args:
        name: of the frequency.
        row: source row where it first begins.
        share: of all distances.
    """

    name: str
    row: int
    share: float


@dataclass(frozen=True)
class Stamps:
    """The stamps of one series.

    Args:
        frequency: the usual one.
        gaps: stamps that are missing.
        off_grid: stamps that lie between those that the frequency expects.
        doubled: stamps that an earlier row of the series has.
        disordered: rows whose stamp is before that of the row above it.
        is_reversed: whether all rows stand from the latest to the earliest.
        stretches: frequencies that follow one another; empty where there is one.
        hours_lost, hours_doubled: nights on which a clock that is put forward or back explains a missing or a doubled hour.
    """

    frequency: Frequency
    gaps: Gaps = Gaps()
    off_grid: Marked = Marked()
    doubled: Marked = Marked()
    disordered: Marked = Marked()
    is_reversed: bool = False
    stretches: tuple[Stretch, ...] = ()
    hours_lost: Marked = Marked()
    hours_doubled: Marked = Marked()


def marked(rows: IntArray) -> Marked:
    """Return source rows that something is true of."""
    return Marked(len(rows), tuple(rows[:MAX_ROWS].tolist()))


def look_at_stamps(timeline: Timeline, series: int) -> Stamps:
    """Return what the stamps of one series are like.

    Args:
        timeline: of all series.
        series: its number.
    """
    if timeline.times is None:
        return Stamps(COUNTED)
    part = slice(int(timeline.starts[series]), int(timeline.starts[series + 1]))
    times, rows = timeline.times[part], timeline.rows[part]
    frequency = find_frequency(times)
    if is_even(times) and bool((np.diff(rows) > 0).all()):
        return Stamps(frequency)
    doubled = np.flatnonzero(np.diff(times) == 0) + 1
    order = np.argsort(rows, kind="stable")
    backward = np.flatnonzero(np.diff(times[order]) < 0) + 1
    is_reversed = len(times) > 2 and len(backward) == len(times) - 1 - len(doubled)
    stretches = _stretches(times, rows)
    disordered = rows[order[backward[: 0 if is_reversed else None]]]
    found = Stamps(
        frequency,
        doubled=marked(rows[doubled]),
        disordered=marked(disordered),
        is_reversed=is_reversed,
        stretches=stretches if len(stretches) > 1 else (),
    )
    if not frequency.is_regular or found.stretches:
        return found
    return _with_gaps(found, times, rows, doubled, disordered)


def _with_gaps(found: Stamps, times: IntArray, rows: IntArray, doubled: IntArray, disordered: IntArray) -> Stamps:
    """Return the stamps with the gaps in them, and with the hours that a clock explains taken apart."""
    frequency = found.frequency
    steps = steps_between(times, frequency)
    behind = np.flatnonzero(steps > 1) + 1
    lost, twice = _shifts(times, frequency, behind, doubled)
    behind = behind[~np.isin(behind, lost)]
    doubles = doubled[~np.isin(doubled, twice)]
    missing = steps[behind - 1] - 1
    gaps = Gaps()
    if len(behind):
        place = int(missing.argmax())
        named = tuple(rows[behind[:MAX_ROWS]].tolist())
        gaps = Gaps(len(behind), int(missing.sum()), int(missing[place]), named, int(rows[behind[place]]))
    nights = [np.unique(times[one] // DAY, return_index=True)[1] for one in (lost, twice)]
    return Stamps(
        frequency,
        gaps,
        marked(rows[np.flatnonzero(steps < 0) + 1]),
        marked(rows[doubles]),
        marked(disordered[~np.isin(disordered, rows[twice])]),  # the doubled hour goes back
        found.is_reversed,
        found.stretches,
        marked(rows[lost[nights[0]]]),
        marked(rows[twice[nights[1]]]),
    )


def _shifts(times: IntArray, frequency: Frequency, behind: IntArray, doubled: IntArray) -> tuple[IntArray, IntArray]:
    """Return the positions behind lost hours and of doubled ones that a clock explains; nothing where it explains too few.

    Clocks are put forward and back on Sunday nights in spring and autumn. One such night may be chance; a lost and a doubled
    hour, or two nights of either, are not.
    """
    nothing = np.empty(0, dtype=np.int64)
    step = frequency.microseconds
    if step is None or step > HOUR or HOUR % step:
        return nothing, nothing
    lost = behind[(times[behind] - times[behind - 1] - step == HOUR) & _on_shift_night(times[behind] - HOUR)]
    twice = doubled[_on_shift_night(times[doubled])]
    days, counts = np.unique(times[twice] // DAY, return_counts=True)
    whole = days[counts == HOUR // step]
    twice = twice[np.isin(times[twice] // DAY, whole)]
    return (lost, twice) if len(lost) + len(whole) >= 2 else (nothing, nothing)


def _on_shift_night(times: IntArray) -> np.ndarray:
    """Return (N,) whether a time lies in a Sunday night of spring or autumn."""
    days = times // DAY
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    hours = times % DAY // HOUR
    is_sunday = (days + 3) % 7 == SUNDAY
    return is_sunday & np.isin(months, SHIFT_MONTHS) & (hours >= SHIFT_HOURS[0]) & (hours < SHIFT_HOURS[1])


def _stretches(times: IntArray, rows: IntArray) -> tuple[Stretch, ...]:
    """Return the frequencies that hold for stretches of a series, in the order in which they begin."""
    firsts = np.flatnonzero(np.concatenate([[True], np.diff(times) > 0]))
    distances = np.diff(times[firsts])
    if not len(distances) or _are_calendar(times[firsts]):
        return ()
    begins = np.flatnonzero(np.concatenate([[True], np.diff(distances) != 0]))
    sizes = np.diff(np.concatenate([begins, [len(distances)]]))
    found = []
    for step in np.unique(distances[begins[sizes >= MIN_RUN]]).tolist():
        share = float((distances == step).mean())
        if share >= MIN_SHARE:
            first = int(begins[(sizes >= MIN_RUN) & (distances[begins] == step)][0])
            found.append((first, Stretch(in_words(step), int(rows[firsts[first]]), share)))
    return tuple(stretch for _, stretch in sorted(found, key=lambda pair: pair[0]))


def _are_calendar(times: IntArray) -> bool:
    """Return whether stamps are months or business days, whose distances differ without a fault."""
    frequency = find_frequency(times)
    return frequency.months is not None or frequency.is_business
