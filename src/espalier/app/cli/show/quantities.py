"""How numbers, times and sizes are written for people."""

import math

from espalier.core.scorecard import Score

DIGITS = 4  # significant digits of a score
SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600
LEAST_SECONDS = 0.1  # less is not told apart
MANY_SECONDS = 10  # from here on tenths of a second tell nothing
BYTES_PER_UNIT = 1000


def number(value: float | None, beside: float = 0.0) -> str:
    """Return a number with four significant digits.

    Args:
        value: the number; None and NaN are shown as a dash.
        beside: size of the numbers that it is read with; beside large ones a tiny one is nearly nothing.

    Example:
        >>> number(0.87124), number(51234.9), number(0.000021234), number(None)
        ('0.8712', '51,235', '2.123e-05', '-')
        >>> number(-0.00005038, beside=0.4)
        '-0.0001'
    """
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    size = abs(value)
    if size < 10**-DIGITS <= beside:
        return f"{round(value, DIGITS) + 0.0:.{DIGITS}f}"
    if size >= 10 ** (DIGITS - 1):
        return f"{value:,.0f}"
    if 0 < size < 10**-DIGITS:
        return f"{value:.{DIGITS - 1}e}"
    places = DIGITS - 1 - math.floor(math.log10(size)) if size >= 1 else DIGITS
    return f"{value:.{places}f}"


def interval(score: Score | None) -> str:
    """Return a score with its interval.

    Example:
        >>> interval(Score(0.871, 0.8123, 0.9234))
        '0.8710 (0.8123 to 0.9234)'
    """
    if score is None:
        return "-"
    if math.isnan(score.low) or math.isnan(score.high):
        return number(score.value)
    value, low, high = (number(one, reach(score)) for one in (score.value, score.low, score.high))
    return f"{value} ({low} to {high})"


def reach(score: Score) -> float:
    """Return the largest size of a score and the ends of its interval."""
    return max((abs(one) for one in (score.value, score.low, score.high) if math.isfinite(one)), default=0.0)


def duration(seconds: float | None) -> str:
    """Return a time as people say it.

    Example:
        >>> duration(0.04), duration(3.21), duration(42), duration(200), duration(7320)
        ('< 0.1 s', '3.2 s', '42 s', '3 min 20 s', '2 h 2 min')
    """
    if seconds is None or not math.isfinite(seconds):
        return "-"
    if seconds < LEAST_SECONDS:
        return f"< {LEAST_SECONDS:.1f} s"
    if round(seconds, 1) < MANY_SECONDS:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < SECONDS_PER_MINUTE:
        return f"{whole} s"
    if whole < SECONDS_PER_HOUR:
        minutes, rest = divmod(whole, SECONDS_PER_MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(round(whole / SECONDS_PER_MINUTE), SECONDS_PER_MINUTE)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def clock(seconds: float | None) -> str:
    """Return a time as a clock shows it, for lines with little room.

    Example:
        >>> clock(7), clock(260), clock(7325)
        ('0:07', '4:20', '2:02:05')
    """
    if seconds is None or not math.isfinite(seconds):
        return "-"
    minutes, rest = divmod(round(seconds), SECONDS_PER_MINUTE)
    hours, minutes = divmod(minutes, SECONDS_PER_MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(num_bytes: float | None) -> str:
    """Return a size in decimal units.

    Example:
        >>> size(812), size(1_234_567), size(8.1e9)
        ('812 B', '1.2 MB', '8.1 GB')
    """
    if num_bytes is None:
        return "-"
    value, units = float(num_bytes), ("B", "kB", "MB", "GB", "TB")
    for unit in units:
        if value < BYTES_PER_UNIT or unit == units[-1]:
            break
        value /= BYTES_PER_UNIT
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def count(num: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun.

    Example:
        >>> count(1, "row"), count(12345, "row"), count(2, "class", "classes")
        ('1 row', '12,345 rows', '2 classes')
    """
    return f"{num:,} {noun if num == 1 else nouns or noun + 's'}"
