"""Seasonal residual: how far a step is from what is usual at its place in the season, in deviations of the normal past."""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.errors import InputError
from espalier.evaluation.anomaly.z_score import center_and_scale, largest


def seasonal_residual(past: FloatArray, steps: FloatArray, season: int, start: int | None = None) -> FloatArray:
    """Return how unusual each step is for its place in the season.

    Args:
        past: (T, V) normal steps, NaN where not known, at least one season.
        steps: (S, V) to be scored.
        season: steps after which the series repeats itself.
        start: place of the first step to be scored, counted from the first of the past; None where it follows the past.

    Shapes:
        (S,), 0 and more; a step of which nothing is known gets 0.

    Raises:
        InputError: a season below 1 or longer than the past.
    """
    if not 1 <= season <= len(past):
        raise InputError(f"A season of {season} steps for a past of {len(past)}; expected 1 to {len(past)}.")
    places = np.arange(len(past)) % season
    usual = np.stack([center_and_scale(past[places == place])[0] for place in range(season)])  # (season, V)
    rest = past - usual[places]
    first = len(past) if start is None else start
    center, scale = center_and_scale(rest)
    return largest(np.abs(steps - usual[(first + np.arange(len(steps))) % season] - center) / scale)
