"""Seasonal residual: how far a step is from what is usual at its place in the season, in deviations of the normal past."""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.errors import InputError
from espalier.evaluation.anomaly.z_score import center_and_scale, largest


def seasonal_residual(past: FloatArray, steps: FloatArray, season: int, start: int | None = None) -> FloatArray:
    """Return how unusual each step is for its place in the season.

    Args:
        past: (T, V) normal steps, NaN where not known, at least two seasons.
        steps: (S, V) to be scored.
        season: steps after which the series repeats itself.
        start: place of the first step to be scored, counted from the first of the past; None where it follows the past.

    Shapes:
        (S,), 0 and more; a step of which nothing is known gets 0.

    Raises:
        InputError: a season below 1, or a past that does not hold it twice: one value tells nothing of how far others scatter.
    """
    if not 1 <= season <= len(past) // 2:
        raise InputError(f"A season of {season} steps for a past of {len(past)}; expected 1 to {len(past) // 2}.")
    places = np.arange(len(past)) % season
    usual = np.stack([center_and_scale(past[places == place])[0] for place in range(season)])  # (season, V)
    rest = past - usual[places]
    known = np.isfinite(rest)
    freedom = np.maximum(known.sum(axis=0) - season, 1)  # one mean for each place is known already
    scale = np.sqrt((np.where(known, rest, 0) ** 2).sum(axis=0) / freedom)
    first = len(past) if start is None else start
    expected = usual[(first + np.arange(len(steps))) % season]
    return largest(np.abs(steps - expected) / np.where(scale > 0, scale, 1.0))
