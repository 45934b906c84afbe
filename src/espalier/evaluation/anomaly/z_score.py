"""Z-score: how many deviations a step is away from the mean of the normal past. It knows nothing of order in time."""

import numpy as np

from espalier.core.batch import FloatArray


def z_score(past: FloatArray, steps: FloatArray) -> FloatArray:
    """Return how unusual each step is: the largest distance of a variable from its mean, in deviations.

    Args:
        past: (T, V) normal steps, NaN where not known.
        steps: (S, V) to be scored.

    Shapes:
        (S,), 0 and more; a step of which nothing is known gets 0.

    Example:
        >>> z_score(np.array([[1.0], [3.0]]), np.array([[2.0], [5.0]])).tolist()
        [0.0, 3.0]
    """
    center, scale = center_and_scale(past)
    return largest(np.abs(steps - center) / scale)


def center_and_scale(past: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and deviation of each variable (V,), NaN left out; a deviation of 0 is 1."""
    known = np.isfinite(past)
    count = np.maximum(known.sum(axis=0), 1)
    center = np.where(known, past, 0).sum(axis=0) / count
    scale = np.sqrt((np.where(known, past - center, 0) ** 2).sum(axis=0) / count)
    return center, np.where(scale > 0, scale, 1.0)


def largest(distances: FloatArray) -> FloatArray:
    """Return the largest distance of each step over the variables: (S, V) to (S,); 0 where none is known."""
    return np.asarray(np.where(np.isfinite(distances), distances, 0).max(axis=1))
