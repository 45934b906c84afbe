"""Metric of the few most probable classes: is the true one among them? The usual score where classes are many and alike.

Paper: Russakovsky et al. 2015, ImageNet Large Scale Visual Recognition Challenge, arXiv 1409.0575, section 4.1 (five guesses).
Differs: classes of equal probability at the edge of the five share the places that are left, as if lots were drawn; the usual
code lets their numbers decide, which flatters an answer that is the same for every class.
"""

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.evaluation.metrics.metric import Metric, class_indices, weighted_mean

NUM_GUESSES = 5


def hits_among(target: FloatArray, probabilities: FloatArray, num_guesses: int) -> FloatArray:
    """Return for each row how surely the true class is among the most probable ones: 1, 0, or between where classes tie.

    Args:
        target: (N,) index of the true class.
        probabilities: (N, K).
        num_guesses: how many classes may be named, 1 or more.

    Example:
        >>> hits_among(np.array([2, 0]), np.array([[0.5, 0.3, 0.2], [0.2, 0.4, 0.4]]), num_guesses=2).tolist()
        [0.0, 0.0]
        >>> hits_among(np.array([1, 2]), np.array([[0.5, 0.3, 0.2], [0.6, 0.2, 0.2]]), num_guesses=2).tolist()
        [1.0, 0.5]
    """
    own = probabilities[np.arange(len(target)), class_indices(target)][:, None]
    higher, equal = (probabilities > own).sum(axis=1), (probabilities == own).sum(axis=1)
    return np.clip((num_guesses - higher) / equal, 0.0, 1.0)


def _top_5_accuracy(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    given = np.empty((0, 0)) if prediction.probabilities is None else prediction.probabilities
    return weighted_mean(hits_among(target, given, NUM_GUESSES), weight)


top_5_accuracy = Metric(
    "top_5_accuracy",
    _top_5_accuracy,
    True,
    "Share of the rows whose true class is among the five most probable ones.",
    needs="probabilities",
)
