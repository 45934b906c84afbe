"""Scales: where a number stands between the two ends of an axis, and which round numbers mark it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from espalier.app.report.wording import number, signed

NICE = (1.0, 2.0, 5.0, 10.0)  # steps between marks, times a power of ten
NUM_TICKS = 5  # about; five labels fit on a phone
EDGE = 1e-9  # slack for rounding errors, as a share of a step
MILLION = 1e6
BILLION = 1e9
TOO_LONG = 1e13  # from here powers of ten are shorter
MAX_DECIMALS = 4


@dataclass(frozen=True)
class Scale:
    """An axis.

    Args:
        low, high: values at its two ends, low < high.
        log: equal ratios take equal room; low > 0.
        whole: only whole numbers are marked, for example epochs.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def share(self, value: float) -> float:
        """Return where a value stands, 0 at the low end to 1 at the high end; beyond an end it stands at the end."""
        low, high, place = self.low, self.high, value
        if self.log:
            low, high, place = math.log(low), math.log(high), math.log(max(value, self.low))
        return min(max((place - low) / (high - low), 0.0), 1.0)

    def percent(self, value: float) -> str:
        """Return a value's place as a percentage of the plot's width."""
        return f"{100 * self.share(value):.2f}".rstrip("0").rstrip(".") + "%"

    def down(self, value: float, height: float) -> float:
        """Return a value's place in pixels from the top of a plot of this height."""
        return round(height * (1 - self.share(value)), 2)

    def ticks(self, count: int = NUM_TICKS) -> tuple[float, ...]:
        """Return round values within the scale, about `count` of them."""
        if self.log:
            return _powers(self.low, self.high, count)
        step = max(nice_step(self.high - self.low, count), 1.0 if self.whole else 0.0)
        first, last = math.ceil(self.low / step - EDGE), math.floor(self.high / step + EDGE)
        return tuple(round(index * step, 12) for index in range(first, last + 1))


def nice_step(span: float, count: int = NUM_TICKS) -> float:
    """Return a round step that divides a span into about `count` parts.

    Example:
        >>> nice_step(0.83), nice_step(47000)
        (0.2, 10000.0)
    """
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    return next(nice for nice in NICE if nice * power >= rough * (1 - EDGE)) * power


def scale_over(values: Iterable[float], *, log: bool = False, round_ends: bool = True) -> Scale:
    """Return a scale that holds all finite values.

    Args:
        values: what it must hold; without a finite value it runs from 0 to 1.
        log: ask for a logarithmic scale; granted when every value is above 0.
        round_ends: widen it to the next round values.
    """
    finite = [float(value) for value in values if math.isfinite(value)]
    if not finite:
        return Scale(0.0, 1.0)
    low, high = min(finite), max(finite)
    if high - low <= abs(high) * 1e-12:
        room = abs(high) * 0.1 or 0.5
        return Scale(low - room, high + room)
    if log and low > 0:
        return Scale(low / 1.1, high * 1.1, log=True)
    if not round_ends:
        return Scale(low, high)
    step = nice_step(high - low)
    return Scale(math.floor(low / step + EDGE) * step, math.ceil(high / step - EDGE) * step)


def _powers(low: float, high: float, count: int) -> tuple[float, ...]:
    """Return marks of a logarithmic scale: 1, 2 and 5 times powers of ten, thinned to about `count`."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for leads in ((1, 2, 5), (1, 3), (1,)):
        marks = [lead * 10.0**power for power in range(first, last + 1) for lead in leads]
        inside = tuple(float(f"{mark:.6g}") for mark in marks if low <= mark <= high)
        if len(inside) <= count + 1:
            return inside or (low, high)
    return inside[:: math.ceil(len(inside) / count)]


def tick_labels(ticks: tuple[float, ...]) -> list[str]:
    """Return the words beside marks: all with the same decimals, millions shortened.

    Example:
        >>> tick_labels((0.0, 0.5, 1.0)), tick_labels((0.0, 1e6, 2e6))
        (['0', '0.5', '1.0'], ['0', '1M', '2M'])
    """
    top = max((abs(tick) for tick in ticks), default=0.0)
    unit, suffix = (BILLION, "bn") if top >= BILLION else (MILLION, "M") if top >= MILLION else (1.0, "")
    texts = [f"{tick / unit:.9f}".rstrip("0").partition(".")[2] for tick in ticks]
    decimals = max((len(text) for text in texts), default=0)
    if decimals > MAX_DECIMALS or top >= TOO_LONG:
        return [_short(tick) for tick in ticks]
    return [signed(f"{tick / unit:,.{decimals}f}{suffix}") if tick else "0" for tick in ticks]


def _short(tick: float) -> str:
    """Return a mark's words by itself: on an axis over many powers of ten no unit suits all marks."""
    for unit, suffix in ((BILLION, "bn"), (MILLION, "M")):
        if unit <= abs(tick) < TOO_LONG:
            return f"{number(tick / unit, 2)}{suffix}"
    return number(tick, 2)
