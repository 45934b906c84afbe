"""Lines over an axis, each named at its end; one place along x may be marked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from espalier.app.report.charts.axes import across, upright
from espalier.app.report.charts.scale import Scale, scale_over
from espalier.app.report.charts.svg import FULL_WIDTH, element, letters, path, plot, stretched, stroke

HEIGHT = 230
LINE_HEIGHT = 15  # two names at the right end stand at least this far apart
BESIDE = 7  # pixels from the plot's right edge to the names
LOG_RATIO = 30.0  # values that spread over more than this ratio get a logarithmic axis
HALF_LETTER = 4
MARK_ABOVE = -3  # pixels over the plot: the words of a mark
TURN = 0.55  # a mark right of this share is named on its left


@dataclass(frozen=True)
class Line:
    """One line.

    Args:
        name: written at its right end.
        x, y: its points, left to right; a point with a value that is not finite is left out and breaks the line.
        style: class of the style sheet.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    style: str


@dataclass(frozen=True)
class Mark:
    """A place along x worth pointing at.

    Args:
        x: where.
        text: what it is.
    """

    x: float
    text: str


def line_chart(lines: Sequence[Line], *, label: str, x_title: str, y_title: str, mark: Mark | None = None) -> str:
    """Return lines over a common pair of axes.

    Args:
        lines: what to draw.
        label: what the chart says, for those who do not see it.
        x_title: what x is.
        y_title: what y is.
        mark: a place along x to point at.
    """
    along = _along([value for line in lines for value in line.x])
    values = [value for line in lines for value in line.y if math.isfinite(value)]
    spread = min(values, default=0) > 0 and max(values) / min(values) > LOG_RATIO
    up = scale_over(values, log=spread)
    paths = [path(_commands(line, along, up), f"line {line.style}") for line in lines]
    parts = [across(along, HEIGHT, x_title), upright(up, HEIGHT, y_title), stretched(HEIGHT, *paths)]
    parts += [_lone_points(line, along, up) for line in lines]
    parts.append(_names(lines, up))
    if mark is not None and math.isfinite(mark.x):
        parts.append(_mark(mark, along))
    return plot(HEIGHT, label, "plot named", *parts)


def _along(values: Sequence[float]) -> Scale:
    """Return the scale of x: from the first point to the last, without widening; whole numbers stay whole."""
    return replace(
        scale_over(values, round_ends=False), whole=all(value == round(value) for value in values if math.isfinite(value))
    )


def _commands(line: Line, along: Scale, up: Scale) -> str:
    """Return the path of a line, broken where a value is missing."""
    commands, drawing = [], False
    for x, y in zip(line.x, line.y, strict=True):
        if not (math.isfinite(x) and math.isfinite(y)):
            drawing = False
            continue
        commands.append(f"{'L' if drawing else 'M'}{FULL_WIDTH * along.share(x):.1f} {up.down(y, HEIGHT):.1f}")
        drawing = True
    return "".join(commands)


def _lone_points(line: Line, along: Scale, up: Scale) -> str:
    """Return a dot for each point without a neighbour: a path of one point is not to be seen."""
    known = [math.isfinite(x) and math.isfinite(y) for x, y in zip(line.x, line.y, strict=True)]
    dots = []
    for index, (x, y) in enumerate(zip(line.x, line.y, strict=True)):
        beside = (index > 0 and known[index - 1]) or (index + 1 < len(known) and known[index + 1])
        if known[index] and not beside:
            dots.append(element("circle", {"cx": along.percent(x), "cy": up.down(y, HEIGHT), "r": 3, "class": line.style}))
    return "".join(dots)


def _names(lines: Sequence[Line], up: Scale) -> str:
    """Return the lines' names at their right ends, moved apart where they would meet."""
    ends = []
    for line in lines:
        last = next((y for y in reversed(line.y) if math.isfinite(y)), None)
        if last is not None:
            ends.append((up.down(last, HEIGHT), line))
    ends.sort(key=lambda end: end[0])
    written, free = [], -math.inf
    for place, line in ends:
        y = max(place, free)
        free = y + LINE_HEIGHT
        written.append((y, line))
    over = max((written[-1][0] if written else 0) - HEIGHT, 0)
    texts = [
        element(
            "text", {"x": "100%", "dx": BESIDE, "y": y - over + HALF_LETTER, "class": f"name {line.style}"}, escape(line.name)
        )
        for y, line in written
    ]
    return element("g", {"aria-hidden": "true"}, *texts)


def _mark(mark: Mark, along: Scale) -> str:
    """Return an upright line with its words over the plot."""
    place = along.percent(mark.x)
    anchor = "end" if along.share(mark.x) > TURN else "start"
    parts = stroke(place, 0, place, HEIGHT, "mark upright"), letters(mark.text, place, MARK_ABOVE, f"note {anchor}")
    return element("g", {"aria-hidden": "true"}, *parts)
