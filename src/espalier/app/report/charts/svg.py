"""The text of SVG elements, escaped."""

from collections.abc import Mapping
from html import escape

FULL_WIDTH = 1000  # x of the right edge in the stretched part of a plot


def element(name: str, attributes: Mapping[str, object], *children: str) -> str:
    """Return one element.

    Args:
        name: for example "rect".
        attributes: by name; one that is None is left out.
        children: text of the elements inside, escaped already.
    """
    written = "".join(f' {key}="{escape(_value(value))}"' for key, value in attributes.items() if value is not None)
    inside = "".join(children)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"


def _value(value: object) -> str:
    """Return an attribute's value; numbers get two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def letters(content: str, x: object, y: float, style: str) -> str:
    """Return a line of text.

    Args:
        content: the words, not escaped.
        x: pixels or a percentage of the plot's width.
        y: pixels from the top of the plot to the baseline.
        style: class of the style sheet; it holds the anchor.
    """
    return element("text", {"x": x, "y": y, "class": style}, escape(content))


def stroke(x1: object, y1: object, x2: object, y2: object, style: str) -> str:
    """Return a straight line between two places.

    Args:
        x1: of its start, in pixels or as a percentage of the plot's width.
        y1: of its start, in pixels from the top of the plot.
        x2: of its end.
        y2: of its end.
        style: class of the style sheet.
    """
    return element("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": style})


def stretched(height: float, *children: str) -> str:
    """Return a part of a plot whose x runs from 0 to `FULL_WIDTH` whatever the width on the page."""
    box = {"viewBox": f"0 0 {FULL_WIDTH} {height:g}", "preserveAspectRatio": "none", "width": "100%", "height": height}
    return element("svg", box, *children)


def path(commands: str, style: str) -> str:
    """Return a path whose stroke keeps its width when the plot is stretched."""
    return element("path", {"d": commands, "class": style, "vector-effect": "non-scaling-stroke"})


def plot(height: float, label: str, style: str, *children: str) -> str:
    """Return a whole chart.

    Args:
        height: pixels of the plot's area, labels left out.
        label: what the chart says, for those who do not see it.
        style: class of the style sheet; it holds the margins for labels.
        children: text of the elements inside.
    """
    attributes = {"class": style, "role": "img", "aria-label": label, "width": "100%", "height": height}
    return element("svg", attributes, *children)
