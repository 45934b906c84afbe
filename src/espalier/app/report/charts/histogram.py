"""Histograms: how often values fall into each of some neighbouring ranges."""

import math
from collections.abc import Sequence

from espalier.app.report.charts.axes import across
from espalier.app.report.charts.scale import Scale
from espalier.app.report.charts.svg import FULL_WIDTH, path, plot, stretched, stroke

SMALL_HEIGHT = 56
LARGE_HEIGHT = 150
LEAST_PIXELS = 1.0  # a range that is not empty stays visible


def histogram(edges: Sequence[float], counts: Sequence[int], *, label: str) -> str:
    """Return a small histogram without axes, for a card; its ends are written under it by the page.

    Args:
        edges: B + 1 rising values.
        counts: B counts. Without any the plot is empty.
        label: what the chart says, for those who do not see it.
    """
    bars = stretched(SMALL_HEIGHT, path(_bars(edges, counts, SMALL_HEIGHT), "bars"))
    return plot(SMALL_HEIGHT, label, "small", bars, stroke("0", SMALL_HEIGHT, "100%", SMALL_HEIGHT, "axis"))


def large_histogram(
    edges: Sequence[float], counts: Sequence[int], *, label: str, x_title: str, mark: float | None = None
) -> str:
    """Return a histogram with an axis.

    Args:
        edges: B + 1 rising values.
        counts: B counts.
        label: what the chart says, for those who do not see it.
        x_title: what x is.
        mark: draw an upright line at this value, for example at zero.
    """
    known = _usable(edges, counts)
    scale = Scale(float(edges[0]), float(edges[-1])) if known else Scale(0.0, 1.0)
    bars = stretched(LARGE_HEIGHT, path(_bars(edges, counts, LARGE_HEIGHT), "bars"))
    parts = [bars, across(scale, LARGE_HEIGHT, x_title)]
    if mark is not None and scale.low < mark < scale.high:
        parts.append(stroke(scale.percent(mark), 0, scale.percent(mark), LARGE_HEIGHT, "mark upright"))
    return plot(LARGE_HEIGHT, label, "plot plain", *parts)


def _usable(edges: Sequence[float], counts: Sequence[int]) -> bool:
    ends = bool(len(counts)) and len(edges) == len(counts) + 1 and math.isfinite(edges[0]) and math.isfinite(edges[-1])
    return ends and edges[-1] > edges[0]


def _bars(edges: Sequence[float], counts: Sequence[int], height: float) -> str:
    """Return the bars as one path; a bar's area stands for its count, so ranges may differ in width."""
    if not _usable(edges, counts):
        return _single(counts, height)
    widths = [right - left for left, right in zip(edges, edges[1:], strict=False)]
    typical = max(widths)
    heights = [count * typical / width if width > 0 else 0.0 for count, width in zip(counts, widths, strict=True)]
    top, span = max(heights) or 1.0, edges[-1] - edges[0]
    commands = []
    for left, width, tall in zip(edges, widths, heights, strict=False):
        if tall > 0:
            up = max(height * tall / top, LEAST_PIXELS)
            start, wide = FULL_WIDTH * (left - edges[0]) / span, FULL_WIDTH * width / span
            commands.append(f"M{start:.1f} {height:g}v-{up:.1f}h{wide:.1f}V{height:g}z")
    return "".join(commands)


def _single(counts: Sequence[int], height: float) -> str:
    """Return one bar in the middle when all values are the same, and nothing without values."""
    return f"M{0.45 * FULL_WIDTH:.1f} {height:g}v-{height:g}h{0.1 * FULL_WIDTH:.1f}V{height:g}z" if sum(counts) else ""
