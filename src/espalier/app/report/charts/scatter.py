"""Points on a pair of axes; many points become a grid of cells, darker where there are more."""

import numpy as np

from espalier.app.report.charts.axes import across, upright
from espalier.app.report.charts.scale import Scale, scale_over
from espalier.app.report.charts.svg import element, plot, stroke
from espalier.core.batch import FloatArray

HEIGHT = 330
MAX_DOTS = 900  # more points than this are counted in cells
NUM_CELLS = 36  # along each side: 36 x 36 = 1,296 marks at most
FAINTEST = 0.12  # opacity of a cell with one point


def scatter(
    x: FloatArray, y: FloatArray, *, label: str, x_title: str, y_title: str, log: bool = False, line: float | None = None
) -> str:
    """Return points on axes.

    Args:
        x: (N,) places along; points with a value that is not finite are left out.
        y: (N,) places up.
        label: what the chart says, for those who do not see it.
        x_title: what x is.
        y_title: what y is.
        log: both axes logarithmic, when every value is above 0.
        line: None draws the diagonal and gives both axes one scale; a number draws a level line there.
    """
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    shared = scale_over([*_ends(x), *_ends(y)], log=log)
    along = shared if line is None else scale_over(_ends(x), log=log)
    up = shared if line is None else scale_over([*_ends(y), line])
    marks = _dots(x, y, along, up) if len(x) <= MAX_DOTS else _cells(x, y, along, up)
    guide = (
        stroke("0", HEIGHT, "100%", 0, "mark")
        if line is None
        else stroke("0", up.down(line, HEIGHT), "100%", up.down(line, HEIGHT), "mark")
    )
    return plot(HEIGHT, label, "plot square", across(along, HEIGHT, x_title), upright(up, HEIGHT, y_title), marks, guide)


def _ends(values: FloatArray) -> list[float]:
    return [float(values.min()), float(values.max())] if len(values) else []


def _dots(x: FloatArray, y: FloatArray, along: Scale, up: Scale) -> str:
    dots = (element("circle", {"cx": along.percent(a), "cy": up.down(b, HEIGHT), "r": 3}) for a, b in zip(x, y, strict=True))
    return element("g", {"class": "points"}, *dots)


def _cells(x: FloatArray, y: FloatArray, along: Scale, up: Scale) -> str:
    """Return one square for each cell that holds a point; opacity grows with the root of the count."""
    columns, rows = _cell(x, along), _cell(y, up)
    counts = np.bincount(rows * NUM_CELLS + columns, minlength=NUM_CELLS**2).reshape(NUM_CELLS, NUM_CELLS)
    strength = FAINTEST + (1 - FAINTEST) * np.sqrt(counts / counts.max())
    wide, tall = 100 / NUM_CELLS, HEIGHT / NUM_CELLS
    cells = []
    for row, column in np.argwhere(counts):
        place = {"x": f"{column * wide:.2f}%", "y": round(HEIGHT - (row + 1) * tall, 1)}
        size = {"width": f"{wide:.2f}%", "height": round(tall, 1)}
        cells.append(element("rect", {**place, **size, "opacity": float(strength[row, column])}))
    return element("g", {"class": "cells"}, *cells)


def _cell(values: FloatArray, scale: Scale) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the index of the cell of each value."""
    low, high, places = scale.low, scale.high, values
    if scale.log:
        low, high, places = np.log(low), np.log(high), np.log(values)
    return np.clip((places - low) / (high - low) * NUM_CELLS, 0, NUM_CELLS - 1).astype(np.int64)
