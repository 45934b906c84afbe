"""One number on a line whose healthy part is shaded, for a row of a table."""

from espalier.app.report.charts.scale import Scale
from espalier.app.report.charts.svg import element, stroke

HEIGHT = 22
ZONE_TOP, ZONE_HEIGHT = 6, 10
ROOM = 0.15  # of the span, so that no dot is cut off and the shaded part has an end to be seen
LEAST_SHARE = 0.015  # of the width: a narrow healthy part stays visible
LOG_RATIO = 30.0  # numbers that spread over more than this ratio stand on a logarithmic line
LOG_ROOM = 4.0  # ratio beyond the outermost number


def healthy_line(value: float, low: float | None, high: float | None) -> str:
    """Return a dot on a line; the numbers beside it say both, so it is hidden from readers.

    Args:
        value: where the dot stands.
        low: lower end of the healthy part; None when it has none.
        high: upper end; None when it has none.
    """
    scale = _scale([value, *(end for end in (low, high) if end is not None)])
    left = 0.0 if low is None else scale.share(low)
    right = 1.0 if high is None else scale.share(high)
    is_well = (low is None or value >= low) and (high is None or value <= high)
    zone = {
        "x": _percent(left),
        "width": _percent(max(right - left, LEAST_SHARE)),
        "y": ZONE_TOP,
        "height": ZONE_HEIGHT,
        "class": "healthy",
    }
    return element(
        "svg",
        {"class": "dots", "aria-hidden": "true", "width": "100%", "height": HEIGHT},
        element("rect", zone),
        stroke("0", HEIGHT / 2, "100%", HEIGHT / 2, "axis"),
        element("circle", {"cx": scale.percent(value), "cy": HEIGHT / 2, "r": 5, "class": "first" if is_well else "second"}),
    )


def _scale(values: list[float]) -> Scale:
    """Return a line that holds all values and zero, or, where they spread over many powers of ten, the values alone."""
    low, high = min(values), max(values)
    if low > 0 and high / low > LOG_RATIO:
        return Scale(low / LOG_ROOM, high * LOG_ROOM, log=True)
    low, high = min(low, 0.0), max(high, 0.0)
    room = ((high - low) or 1.0) * ROOM
    return Scale(low - room if low < 0 else 0.0, high + room if high > 0 or low == 0 else 0.0)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
