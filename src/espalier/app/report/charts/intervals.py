"""Dots with intervals, one for each row of a table, and the axis that they share."""

import math
from collections.abc import Iterable

from espalier.app.report.charts.scale import Scale, scale_over, tick_labels
from espalier.app.report.charts.svg import element, letters, stroke

ROW_HEIGHT = 22
AXIS_HEIGHT = 20
MIDDLE = ROW_HEIGHT / 2
ROOM = 0.03  # of the span, so that no dot is cut off at an end
LAST = 0.9  # a label right of this share ends at its mark, so that it stays on the page
NUM_TICKS = 3  # the column of a table is narrow


def interval_scale(values: Iterable[float], include: Iterable[float] = ()) -> Scale:
    """Return the scale that a column of intervals shares.

    Args:
        values: all ends and middles.
        include: values that must be on the scale too, for example 0.
    """
    scale = scale_over([*values, *include])
    room = ROOM * (scale.high - scale.low)
    return Scale(scale.low - room, scale.high + room)


def interval_dot(value: float, low: float, high: float, scale: Scale, *, style: str) -> str:
    """Return the dot and the interval of one row; the number beside it says the value, so it is hidden from readers.

    Args:
        value: where the dot stands; NaN leaves the row empty.
        low: lower end of the interval; NaN leaves it out.
        high: upper end.
        scale: shared by all rows.
        style: class of the style sheet.
    """
    parts = []
    if math.isfinite(low) and math.isfinite(high):
        parts.append(stroke(scale.percent(low), MIDDLE, scale.percent(high), MIDDLE, f"range {style}"))
    if math.isfinite(value):
        parts.append(element("circle", {"cx": scale.percent(value), "cy": MIDDLE, "r": 5, "class": style}))
    return element("svg", {"class": "dots", "aria-hidden": "true", "width": "100%", "height": ROW_HEIGHT}, *parts)


def interval_axis(scale: Scale) -> str:
    """Return the axis under a column of intervals."""
    ticks = scale.ticks(NUM_TICKS)
    parts = [stroke("0", 0.5, "100%", 0.5, "axis")]
    for index, (tick, label) in enumerate(zip(ticks, tick_labels(ticks), strict=True)):
        place, style = scale.percent(tick), "tick end" if scale.share(tick) > LAST else "tick middle"
        spare = " spare" if index % 2 else ""  # the style sheet hides every second label where the column is narrow
        parts += [stroke(place, 0, place, 4, "axis"), letters(label, place, 17, style + spare)]
    return element("svg", {"class": "dots", "aria-hidden": "true", "width": "100%", "height": AXIS_HEIGHT}, *parts)
