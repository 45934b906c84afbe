"""The axes of a plot: faint lines at round values, their labels outside the plot, a title for each axis."""

from espalier.app.report.charts.scale import Scale, tick_labels
from espalier.app.report.charts.svg import element, letters, stroke

BELOW = 18  # pixels from the plot's lower edge to the labels under it
TITLE_BELOW = 38  # and to the title of the axis
ABOVE = -20  # the title of the upright axis stands over the plot, level, so that it can be read
BESIDE = -8  # pixels from the plot's left edge to the labels beside it
TITLE_BESIDE = -56  # and to the start of that title
HALF_LETTER = 4


def across(scale: Scale, height: float, title: str = "", *, grid: bool = False) -> str:
    """Return the axis under a plot.

    Args:
        scale: of x.
        height: pixels of the plot's area.
        title: what x is.
        grid: draw an upright line at each mark.
    """
    ticks = scale.ticks()
    parts = [stroke("0", height, "100%", height, "axis")]
    for tick, label in zip(ticks, tick_labels(ticks), strict=True):
        place = scale.percent(tick)
        if grid:
            parts.append(stroke(place, 0, place, height, "grid"))
        parts += [stroke(place, height, place, height + 4, "axis"), letters(label, place, height + BELOW, "tick middle")]
    if title:
        parts.append(letters(title, "50%", height + TITLE_BELOW, "title middle"))
    return element("g", {"aria-hidden": "true"}, *parts)


def upright(scale: Scale, height: float, title: str = "") -> str:
    """Return the axis beside a plot, with a line across it at each mark.

    Args:
        scale: of y.
        height: pixels of the plot's area.
        title: what y is.
    """
    ticks = scale.ticks()
    parts = []
    for tick, label in zip(ticks, tick_labels(ticks), strict=True):
        place = scale.down(tick, height)
        parts += [stroke("0", place, "100%", place, "grid"), letters(label, BESIDE, place + HALF_LETTER, "tick end")]
    if title:
        parts.append(letters(title, TITLE_BESIDE, ABOVE, "title start"))
    return element("g", {"aria-hidden": "true"}, *parts)
