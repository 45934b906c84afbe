"""Bars: one share as a bar, and shares that make up a whole as one divided bar."""

from collections.abc import Sequence

from espalier.app.report.charts.svg import element, plot

BAR_HEIGHT = 12
WHOLE_HEIGHT = 26


def bar(share: float, style: str = "first") -> str:
    """Return a bar for one row of a table; the number beside it says the value, so the bar is hidden from readers.

    Args:
        share: length, 0 to 1; NaN is drawn as nothing.
        style: class of the style sheet.
    """
    wide = min(max(share, 0.0), 1.0) if share == share else 0.0
    inside = element("rect", {"width": _percent(wide), "height": BAR_HEIGHT, "class": style})
    return element("svg", {"class": "bar", "aria-hidden": "true", "width": "100%", "height": BAR_HEIGHT}, inside)


def divided_bar(shares: Sequence[float], styles: Sequence[str], *, label: str) -> str:
    """Return one bar divided into parts.

    Args:
        shares: of the whole, each 0 to 1.
        styles: class of each part.
        label: what the chart says, for those who do not see it.
    """
    parts, start = [], 0.0
    for share, style in zip(shares, styles, strict=True):
        parts.append(element("rect", {"x": _percent(start), "width": _percent(share), "height": WHOLE_HEIGHT, "class": style}))
        start += share
    return plot(WHOLE_HEIGHT, label, "whole", *parts)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
