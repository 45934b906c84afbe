"""Isolation forest: how few random cuts set a step, with the steps just before it, apart from the normal past.

Paper: Liu, Ting & Zhou 2008, Isolation Forest. scikit-learn's at its defaults, on stretches of steps.
"""

import numpy as np
from sklearn.ensemble import IsolationForest

from espalier.core.batch import FloatArray
from espalier.core.errors import InputError
from espalier.evaluation.anomaly.z_score import center_and_scale

NUM_STEPS = 8  # looked at together
MAX_STRETCHES = 100_000  # of the past, the last ones


def isolation_forest(past: FloatArray, steps: FloatArray, seed: int, num_steps: int = NUM_STEPS) -> FloatArray:
    """Return how unusual each step is together with those just before it.

    Args:
        past: (T, V) normal steps, NaN where not known, at least `num_steps`.
        steps: (S, V) that follow the past.
        seed: of the forest.
        num_steps: that are looked at together; the last of them is the one that is scored.

    Shapes:
        (S,), 0 to 1, higher for unusual ones; missing values count as the mean.

    Raises:
        InputError: a past shorter than `num_steps`.
    """
    if len(past) < num_steps:
        raise InputError(f"A past of {len(past)} steps; expected at least the {num_steps} that are looked at together.")
    center, scale = center_and_scale(past)
    ready = [np.nan_to_num((one - center) / scale, nan=0.0) for one in (past, steps)]
    normal = stretches(ready[0], num_steps)[-MAX_STRETCHES:]
    asked = stretches(np.concatenate([ready[0][len(past) - num_steps + 1 :], ready[1]]), num_steps)
    return np.asarray(-IsolationForest(random_state=seed).fit(normal).score_samples(asked), dtype=np.float64)


def stretches(series: FloatArray, num_steps: int) -> FloatArray:
    """Return all stretches of some steps: (T, V) to (T - num_steps + 1, V * num_steps)."""
    views = np.lib.stride_tricks.sliding_window_view(series, num_steps, axis=0)
    return views.reshape(len(views), -1)
