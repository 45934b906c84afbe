import numpy as np


def season_of(timeline):
    if timeline.times is None:
        return 1, "x"
    step = float(np.median(np.diff(timeline.times))) / 1e6
    return {3600: 24, 86400: 7}.get(round(step), 12 if step > 2e6 else 1), "tmp"
