"""Spans of time under each other, one for each row of a table."""

from espalier.app.report.charts.scale import Scale
from espalier.app.report.charts.svg import element, stroke

HEIGHT = 18
LEAST_SHARE = 0.008  # of the width: a moment stays visible


def span_line(start: float, end: float, low: float, high: float, *, style: str) -> str:
    """Return one span; the dates beside it say both ends, so it is hidden from readers.

    Args:
        start: of the span.
        end: of the span.
        low: start of the earliest span of the table.
        high: end of the latest.
        style: class of the style sheet.
    """
    scale = Scale(low, high) if high > low else Scale(low, low + 1.0)
    left = min(scale.share(start), 1 - LEAST_SHARE)
    wide = max(scale.share(end) - left, LEAST_SHARE)
    bar = {"x": f"{100 * left:.2f}%", "width": f"{100 * wide:.2f}%", "y": 4, "height": HEIGHT - 8, "class": style}
    line = stroke("0", HEIGHT / 2, "100%", HEIGHT / 2, "axis")
    return element(
        "svg", {"class": "dots", "aria-hidden": "true", "width": "100%", "height": HEIGHT}, line, element("rect", bar)
    )
