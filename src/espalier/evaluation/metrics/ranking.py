"""Metrics of the order of rows: how well probabilities put positive rows before negative ones. No threshold is involved.

ROC AUC: Hanley & McNeil 1982, the chance that a positive row gets a higher probability than a negative one, ties counting half.
PR AUC: average precision, the step-wise area (Davis & Goadrich 2006, section 4: interpolating linearly would flatter).
Differs: a class without positive or without negative rows in the part is left out of macro averages.
"""

from collections.abc import Callable

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.evaluation.metrics.metric import Metric, class_indices, divide, varied

LEAST_WEIGHT = 1e-30  # of rows called positive, where no row drawn is called so; keeps 0 / 0 at 0


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
    is_positive = positive > 0
    ranked, below = _ranked(score[~is_positive], weight[~is_positive])
    own, own_weight = score[is_positive], weight[is_positive]
    beaten = below[np.searchsorted(ranked, own, side="left")] + below[np.searchsorted(ranked, own, side="right")]
    wins = (own_weight * beaten).sum(axis=0, dtype=np.float64) / 2  # ties count half
    return divide(wins, own_weight.sum(axis=0, dtype=np.float64) * below[-1])


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
    is_positive = positive > 0
    own, own_weight = -score[is_positive], weight[is_positive]
    ranked, found = _ranked(own, own_weight)  # highest score first
    others, wrong = _ranked(-score[~is_positive], weight[~is_positive])
    hits = found[np.searchsorted(ranked, own, side="right")]  # positive weight down to each positive row, ties included
    called = hits + wrong[np.searchsorted(others, own, side="right")]
    precision = hits / np.maximum(called, LEAST_WEIGHT)
    return divide((own_weight * precision).sum(axis=0, dtype=np.float64), found[-1])


def _ranked(score: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return scores in ascending order, and the weight of the first 0, 1, 2 ... of them: (N,) and (N + 1, ...)."""
    order = np.argsort(score, kind="stable")
    total = np.zeros((len(score) + 1, *weight.shape[1:]), dtype=weight.dtype)
    np.cumsum(weight[order], axis=0, out=total[1:])
    return score[order], total


def macro(
    measure: Callable[[FloatArray, FloatArray, FloatArray], FloatArray],
    positive: FloatArray,
    score: FloatArray,
    weight: FloatArray,
) -> FloatArray:
    """Return the mean of a ranking measure over the columns for which it has a meaning.

    Args:
        measure: `roc_area` or `average_precision`.
        positive: 1 where a row is of a column's class or has its label, else 0.
        score: the probabilities.
        weight: how much each row counts.

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
