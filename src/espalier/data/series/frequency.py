"""Frequency: how far the stamps of a series lie apart, in words."""

from dataclasses import dataclass

import numpy as np

from espalier.core.records import IntArray

SECOND = 10**6  # microseconds
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
WEEK = 7 * DAY
MIN_MONTH, MAX_YEAR = 28 * DAY, 366 * DAY
MIN_MAIN = 0.5  # share of the distances that the usual one must have
JITTER = 0.1  # of the usual distance, within which stamps that are not exact may lie
MIN_NEAR = 0.9  # share of the distances that must lie within it
MIN_BUSINESS_DAYS = 10  # without a weekend among them
SATURDAY, THURSDAY_EPOCH = 5, 3  # 1 January 1970 was a Thursday, day 3 from Monday
WORDS = {SECOND: "every second", MINUTE: "every minute", HOUR: "hourly", DAY: "daily", WEEK: "weekly"}
MONTH_WORDS = {1: "monthly", 3: "quarterly", 6: "half-yearly", 12: "yearly"}
UNITS = ((WEEK, "weeks"), (DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes"), (SECOND, "seconds"), (1000, "milliseconds"))
DAY_SEASONS = (DAY, WEEK)
BUSINESS_DAYS_A_WEEK, BUSINESS_DAYS_A_YEAR, DAYS_A_YEAR, WEEKS_A_YEAR, MONTHS_A_YEAR = 5, 261, 365, 52, 12


@dataclass(frozen=True)
class Frequency:
    """How far neighbouring stamps lie apart.

    Args:
        name: in words, such as "hourly", "every 5 minutes", "business daily" or "irregular".
        microseconds: of one step; None for steps of months, and where stamps are irregular or only counted.
        months: of one step; None where it is of a fixed length.
        is_business: whether weekends are left out.
        is_exact: whether stamps lie on a grid; otherwise they lie near one.
    """

    name: str
    microseconds: int | None = None
    months: int | None = None
    is_business: bool = False
    is_exact: bool = True

    @property
    def is_regular(self) -> bool:
        """Return whether one step is as long as the next."""
        return self.microseconds is not None or self.months is not None


IRREGULAR = Frequency("irregular")
COUNTED = Frequency("counted")


def find_frequency(times: IntArray) -> Frequency:
    """Return the frequency of stamps.

    Args:
        times: (P,) microseconds since 1970, in ascending order; doubles do not count.

    Example:
        >>> find_frequency(np.array([0, 1, 2, 4]) * HOUR).name, find_frequency(np.array([0, 31, 59, 90]) * DAY).name
        ('hourly', 'monthly')
    """
    stamps = np.unique(times)
    if len(stamps) < 2:
        return IRREGULAR
    months = _months(stamps)
    if months is not None:
        return Frequency(MONTH_WORDS.get(months, f"every {months} months"), None, months)
    distances = np.diff(stamps)
    values, counts = np.unique(distances, return_counts=True)
    main = int(values[counts.argmax()])
    if counts.max() < MIN_MAIN * len(distances):
        return _near(distances)
    if main == DAY and _has_no_weekend(stamps):
        return Frequency("business daily", DAY, None, is_business=True)
    return Frequency(in_words(main), main)


def is_even(times: IntArray) -> bool:
    """Return whether all neighbouring stamps lie equally far apart, and none is doubled.

    Args:
        times: (P,) microseconds since 1970, in ascending order.
    """
    distances = np.diff(times)
    return len(distances) > 0 and bool(distances[0] > 0) and bool((distances == distances[0]).all())


def _months(stamps: IntArray) -> int | None:
    """Return the months of one step, where all stamps are the same day of the month, or all its last day; else None."""
    distances = np.diff(stamps)
    if np.median(distances) < MIN_MONTH or (stamps % DAY != stamps[0] % DAY).any():
        return None
    days = (stamps // DAY).astype("datetime64[D]")
    first_days = days.astype("datetime64[M]")
    from_start = (days - first_days.astype("datetime64[D]")).astype(np.int64)
    to_end = ((first_days + 1).astype("datetime64[D]") - days).astype(np.int64)
    if len(np.unique(from_start)) > 1 and len(np.unique(to_end)) > 1:
        return None
    values, counts = np.unique(np.diff(first_days.astype(np.int64)), return_counts=True)
    return int(values[counts.argmax()]) if counts.max() >= MIN_MAIN * len(distances) else None


def _has_no_weekend(stamps: IntArray) -> bool:
    weekdays = (stamps // DAY + THURSDAY_EPOCH) % 7
    return len(stamps) >= MIN_BUSINESS_DAYS and bool((weekdays < SATURDAY).all())


def _near(distances: IntArray) -> Frequency:
    """Return the frequency of stamps that lie near a grid, or that they are irregular."""
    usual = float(np.median(distances))
    unit = next((size for size, _ in UNITS if size <= usual * JITTER), 1)
    rounded = max(int(round(usual / unit)) * unit, 1)
    near = np.abs(distances - rounded) <= JITTER * rounded
    if near.mean() < MIN_NEAR:
        return IRREGULAR
    return Frequency(f"about {in_words(rounded)}", rounded, None, is_exact=False)


def in_words(step: int) -> str:
    """Return a step in words.

    Args:
        step: microseconds, 1 or more.

    Example:
        >>> in_words(HOUR), in_words(30 * MINUTE), in_words(90 * SECOND)
        ('hourly', 'every 30 minutes', 'every 90 seconds')
    """
    if step in WORDS:
        return WORDS[step]
    size, unit = next(((size, unit) for size, unit in UNITS if step % size == 0), (1, "microseconds"))
    return f"every {step // size:,} {unit}"


def duration(step: int) -> str:
    """Return a length of time in words, such as "2 days" or "1.5 hours".

    Args:
        step: microseconds.
    """
    size, unit = next(((size, unit) for size, unit in UNITS if step >= size), (1, "microseconds"))
    return f"{step / size:.3g} {unit.removesuffix('s') if step == size else unit}"


def steps_between(times: IntArray, frequency: Frequency) -> IntArray:
    """Return (P - 1,) how many steps lie between neighbouring stamps: 1 without a gap, 0 for doubles, -1 off the grid.

    Args:
        times: (P,) microseconds since 1970, in ascending order.
        frequency: of these stamps; it must be regular.
    """
    days = (times // DAY).astype("datetime64[D]")
    if frequency.months is not None:
        months: IntArray = days.astype("datetime64[M]").astype(np.int64)
        return (months[1:] - months[:-1]) // frequency.months
    distances = np.diff(times)
    if frequency.is_business:
        return np.busday_count(days[:-1], days[1:]).astype(np.int64)
    step = frequency.microseconds or 1
    steps = np.rint(distances / step).astype(np.int64)
    room = JITTER * step * np.maximum(steps, 1) if not frequency.is_exact else 0
    return np.where(np.abs(distances - steps * step) <= room, steps, -1)


def usual_seasons(frequency: Frequency) -> tuple[int, ...]:
    """Return the steps of a day, a week and a year, as far as they are whole numbers of two steps or more.

    Example:
        >>> usual_seasons(Frequency("hourly", HOUR)), usual_seasons(Frequency("monthly", None, 1))
        ((24, 168, 8760), (12,))
    """
    if frequency.months is not None:
        return (MONTHS_A_YEAR // frequency.months,) if MONTHS_A_YEAR // frequency.months >= 2 else ()
    if frequency.microseconds is None:
        return ()
    if frequency.is_business:
        return (BUSINESS_DAYS_A_WEEK, BUSINESS_DAYS_A_YEAR)
    if frequency.microseconds == WEEK:
        return (WEEKS_A_YEAR,)
    spans = (*DAY_SEASONS, DAYS_A_YEAR * DAY)
    return tuple(
        span // frequency.microseconds
        for span in spans
        if span % frequency.microseconds == 0 and span >= 2 * frequency.microseconds
    )
