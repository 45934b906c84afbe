"""A window as small lines under each other, one lane for each channel."""

from collections.abc import Sequence

import numpy as np

from espalier.app.report.charts.scale import Scale
from espalier.app.report.charts.svg import FULL_WIDTH, element, path
from espalier.core.batch import FloatArray

LANE = 16  # pixels of one channel
LEAST_HEIGHT = 48
GAP = 0.1  # of a lane, above and below its line
MAX_POINTS = 120  # of a line; each further point is left out


def lanes(steps: FloatArray, ends: Sequence[tuple[float, float]], length: int, label: str) -> str:
    """Return one window; a value that is missing breaks its line.

    Args:
        steps: (T, C) the values, one column for each channel.
        ends: (C,) the values at the lower and the upper edge of each lane.
        length: steps that the width stands for.
        label: what is shown, for those who do not see it.
    """
    num = max(len(ends), 1)
    height = max(LANE * num, LEAST_HEIGHT)
    tall = height / num
    along = Scale(0.0, float(max(length - 1, 1)))
    places = np.unique(np.linspace(0, max(len(steps) - 1, 0), min(len(steps), MAX_POINTS)).round().astype(int))
    drawn = [_line(steps[:, one], places, along, ends[one], (one * tall, tall)) for one in range(len(ends))]
    box = {"viewBox": f"0 0 {FULL_WIDTH} {height:g}", "preserveAspectRatio": "none", "width": "100%", "height": height}
    return element("svg", {**box, "role": "img", "aria-label": label, "class": "lanes"}, *drawn)


def _line(values: FloatArray, places: np.ndarray, along: Scale, ends: tuple[float, float], lane: tuple[float, float]) -> str:
    """Return the line of one channel; `lane` is its upper edge and its height."""
    up = Scale(ends[0], ends[1]) if ends[1] > ends[0] else Scale(ends[0] - 1, ends[0] + 1)
    commands, drawing = [], False
    for place in places.tolist():
        value = float(values[place])
        if not np.isfinite(value):
            drawing = False
            continue
        y = lane[0] + lane[1] * (GAP + (1 - 2 * GAP) * (1 - up.share(value)))
        commands.append(f"{'L' if drawing else 'M'}{FULL_WIDTH * along.share(place):.1f} {y:.1f}")
        drawing = True
    return path("".join(commands), "line thin first")
