"""Metrics of the order of rows: how well probabilities put positive rows before negative ones. No threshold is involved.

ROC AUC: Hanley & McNeil 1982, the chance that a positive row gets a higher probability than a negative one, ties counting half.
PR AUC: average precision, the step-wise area (Davis & Goadrich 2006, section 4: interpolating linearly would flatter).
Differs: a class without positive or without negative rows in the part is left out of macro averages.
"""

from collections.abc import Callable

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.evaluation.metrics.metric import Metric, class_indices, divide, varied


def roc_area(positive: FloatArray, score: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the area under the ROC curve, NaN without positive or without negative rows.

    Args:
        positive: (N,) 1 for positive rows, 0 for negative ones.
        score: (N,) higher for rows held to be positive.
        weight: (N,) or (N, R).

    Example:
        >>> float(roc_area(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8]), np.ones(4)))
        0.875
    """
    above, below = _cumulated(positive, score, weight)
    negatives = np.diff(below, axis=0)  # negative weight at each distinct score, highest score first
    higher = (above[:-1] + above[1:]) / 2  # positive weight ranked above them, ties counting half
    return divide((negatives * higher).sum(axis=0), above[-1] * below[-1])


def average_precision(positive: FloatArray, score: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the mean precision over the positive rows, from the highest score down; NaN without positive rows.

    Args:
        positive: (N,) 1 for positive rows, 0 for negative ones.
        score: (N,) higher for rows held to be positive.
        weight: (N,) or (N, R).

    Example:
        >>> round(float(average_precision(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]), np.ones(4))), 4)
        0.8333
    """
    above, below = _cumulated(positive, score, weight)
    precision = divide(above[1:], above[1:] + below[1:], empty=0.0)
    return divide((np.diff(above, axis=0) * precision).sum(axis=0), above[-1])


def _cumulated(positive: FloatArray, score: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return positive and negative weight down to each distinct score, highest first, beginning with 0: (D + 1, ...)."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    sorted_weight = weight[order]
    chosen = positive[order].astype(weight.dtype).reshape(-1, *[1] * (weight.ndim - 1))
    above = np.cumsum(sorted_weight * chosen, axis=0)[ends]
    every = np.cumsum(sorted_weight, axis=0)[ends]
    start = np.zeros((1, *weight.shape[1:]))
    return np.concatenate([start, above]), np.concatenate([start, every - above])


def macro(
    measure: Callable[[FloatArray, FloatArray, FloatArray], FloatArray],
    positive: FloatArray,
    score: FloatArray,
    weight: FloatArray,
) -> FloatArray:
    """Return the mean of a ranking measure over the columns for which it has a meaning.

    Shapes:
        positive, score: (N, K); weight (N,) or (N, R), to () or (R,).
    """
    single = [measure(positive[:, k], score[:, k], weight) for k in range(score.shape[1]) if positive[:, k].any()]
    each = np.stack(single) if single else np.full((1, *weight.shape[1:]), np.nan)
    known = np.isfinite(each)
    return divide(np.where(known, each, 0).sum(axis=0), known.sum(axis=0))


def one_hot(target: FloatArray, num_classes: int) -> FloatArray:
    """Return (N,) class indices as (N, K) zeros and ones."""
    return np.asarray(class_indices(target)[:, None] == np.arange(num_classes), dtype=np.float64)


def _probabilities(prediction: Prediction) -> FloatArray:
    return np.empty((0, 0)) if prediction.probabilities is None else prediction.probabilities


def _roc_auc(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return roc_area(class_indices(target) == 1, _probabilities(prediction)[:, 1], weight)


def _pr_auc(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return average_precision(class_indices(target) == 1, _probabilities(prediction)[:, 1], weight)


def _roc_auc_macro(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    score = _probabilities(prediction)
    return macro(roc_area, one_hot(target, score.shape[1]), score, weight)


roc_auc = Metric(
    "roc_auc",
    _roc_auc,
    True,
    "Chance that a row of the positive class gets a higher probability than a row of the other; 0.5 is guessing, 1 is perfect.",
    varied,
    "probabilities",
)
pr_auc = Metric(
    "pr_auc",
    _pr_auc,
    True,
    "Mean precision while going down the rows from the most to the least probable (average precision); "
    "guessing gives the share of the positive class.",
    varied,
    "probabilities",
)
roc_auc_macro = Metric(
    "roc_auc_macro",
    _roc_auc_macro,
    True,
    "ROC AUC of each class against all others, averaged over the classes that occur; 0.5 is guessing, 1 is perfect.",
    varied,
    "probabilities",
)
