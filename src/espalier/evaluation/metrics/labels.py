"""Metrics of several labels per row. A row's target and answers are (N, K) zeros and ones."""

import numpy as np
from scipy.special import xlogy

from espalier.core.batch import FloatArray, Prediction
from espalier.evaluation.metrics.metric import Metric, divide, weighted_mean
from espalier.evaluation.metrics.probabilities import LEAST
from espalier.evaluation.metrics.ranking import average_precision, macro, roc_area


def some_label_varies(target: FloatArray) -> bool:
    """Return whether at least one label is there for some rows and absent for others."""
    return bool((target != target[:1]).any())


def _given(prediction: Prediction) -> FloatArray:
    return np.empty((0, 0)) if prediction.probabilities is None else prediction.probabilities


def _log_loss(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    given = np.clip(_given(prediction), LEAST, 1 - LEAST)
    return weighted_mean(-(xlogy(target, given) + xlogy(1 - target, 1 - given)).mean(axis=1), weight)


def _pr_auc_macro(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return macro(average_precision, target, _given(prediction), weight)


def _roc_auc_macro(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return macro(roc_area, target, _given(prediction), weight)


def _f1_macro(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    hits, size = _hits_and_size(target, prediction.values, weight)
    return divide(2 * hits, size, empty=0.0).mean(axis=0)


def _f1_micro(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    hits, size = _hits_and_size(target, prediction.values, weight)
    return divide(2 * hits.sum(axis=0), size.sum(axis=0), empty=0.0)


def _hits_and_size(target: FloatArray, answer: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return for each label the weight of found labels, and of true plus answered ones: (K,) or (K, R)."""
    return (target * answer).T @ weight, (target + answer).T @ weight


def _exact_match(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return weighted_mean(np.asarray((target == prediction.values).all(axis=1), dtype=np.float64), weight)


log_loss = Metric(
    "log_loss",
    _log_loss,
    False,
    "Surprise at each label being there or not, averaged over rows and labels; 0 is perfect, being sure and wrong costs most.",
    needs="probabilities",
)
pr_auc_macro = Metric(
    "pr_auc_macro",
    _pr_auc_macro,
    True,
    "Average precision of each label that occurs, averaged over the labels; guessing gives each label's share.",
    some_label_varies,
    "probabilities",
)
roc_auc_macro = Metric(
    "roc_auc_macro",
    _roc_auc_macro,
    True,
    "ROC AUC of each label, averaged over the labels; 0.5 is guessing, 1 is perfect.",
    some_label_varies,
    "probabilities",
)
f1_macro = Metric("f1_macro", _f1_macro, True, "F1 of each label, averaged over the labels; rare labels count fully.")
f1_micro = Metric("f1_micro", _f1_micro, True, "F1 of all labels of all rows together.")
exact_match = Metric("exact_match", _exact_match, True, "Share of the rows whose labels are all right.")
