"""Reliability: how often what was said with some probability came true."""

from collections.abc import Sequence
from dataclasses import dataclass

from espalier.app.report.charts.axes import across, upright
from espalier.app.report.charts.scale import Scale
from espalier.app.report.charts.svg import FULL_WIDTH, element, path, plot, stretched, stroke

HEIGHT = 300
LEAST_RADIUS, MOST_RADIUS = 3.0, 8.0  # a dot's area grows with its rows


@dataclass(frozen=True)
class Bin:
    """Rows with similar predicted probability.

    Args:
        said: their mean predicted probability, 0 to 1.
        happened: share of them in which it came true, 0 to 1.
        low, high: 95 % interval of that share.
        count: number of rows.
    """

    said: float
    happened: float
    low: float
    high: float
    count: int


def reliability(bins: Sequence[Bin], *, label: str, x_title: str, y_title: str) -> str:
    """Return dots with intervals beside the diagonal on which a perfectly honest model would lie.

    Args:
        bins: groups of rows, in rising order; empty groups left out.
        label: what the chart says, for those who do not see it.
        x_title: what x is.
        y_title: what y is.
    """
    scale = Scale(0.0, 1.0)
    top = max((one.count for one in bins), default=1)
    parts = [across(scale, HEIGHT, x_title), upright(scale, HEIGHT, y_title), stroke("0", HEIGHT, "100%", 0, "mark")]
    points = [
        f"{'L' if index else 'M'}{FULL_WIDTH * one.said:.1f} {scale.down(one.happened, HEIGHT):.1f}"
        for index, one in enumerate(bins)
    ]
    parts.append(stretched(HEIGHT, path("".join(points), "line first thin")))
    for one in bins:
        place, radius = scale.percent(one.said), LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * (one.count / top) ** 0.5
        parts.append(stroke(place, scale.down(one.low, HEIGHT), place, scale.down(one.high, HEIGHT), "range first"))
        parts.append(element("circle", {"cx": place, "cy": scale.down(one.happened, HEIGHT), "r": radius, "class": "first"}))
    return plot(HEIGHT, label, "plot square", *parts)
