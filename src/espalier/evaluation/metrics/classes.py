"""Metrics of the answered class: accuracy, precision, recall, F1, and the confusion matrix they all come from.

Definitions follow scikit-learn's: a share of nothing (precision of a class that was never answered) counts 0, and averages over
classes run over those that occur in the target or in the answers.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from espalier.core.batch import FloatArray, Prediction
from espalier.core.records import IntArray
from espalier.evaluation.metrics.metric import Metric, class_indices, divide, weighted_mean

POSITIVE = 1  # index of the positive class of a binary question: it is the last of two


@dataclass(frozen=True)
class ClassScores:
    """Scores of every class.

    Args:
        precision: share of the rows answered with the class that are of the class.
        recall: share of the rows of the class that are answered with it.
        f1: harmonic mean of both.
        support: weight of the class's rows.
        answered: weight of the rows answered with the class.

    Shapes:
        each (K,), or (K, R) under R weightings.
    """

    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: FloatArray
    answered: FloatArray

    @property
    def occurs(self) -> FloatArray:
        """Return 1.0 for each class that is in the target or in the answers, else 0.0."""
        return np.asarray((self.support > 0) | (self.answered > 0), dtype=np.float64)


def confusion_matrix(
    target: FloatArray, predicted: FloatArray, num_classes: int, weight: FloatArray | None = None
) -> FloatArray:
    """Return how often each class was answered for each class.

    Args:
        target: (N,) index of the true class.
        predicted: (N,) index of the answered class.
        num_classes: K.
        weight: (N,) how much each row counts; None counts every row once.

    Shapes:
        (K, K): row = true class, column = answered class.

    Example:
        >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), num_classes=2).tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """
    weights = np.ones(len(target)) if weight is None else weight
    cell = class_indices(target) * num_classes + class_indices(predicted)
    return np.bincount(cell, weights, minlength=num_classes**2).reshape(num_classes, num_classes).astype(np.float64)


def class_sums(index: IntArray, weight: FloatArray, num_classes: int) -> FloatArray:
    """Return the weight of each class's rows: (N,) or (N, R) weights to (K,) or (K, R)."""
    ones = np.ones(len(index), dtype=weight.dtype)
    member = sparse.csr_array((ones, (index, np.arange(len(index)))), shape=(num_classes, len(index)))
    return np.asarray(member @ weight, dtype=np.float64)


def class_scores(target: FloatArray, predicted: FloatArray, weight: FloatArray | None = None) -> ClassScores:
    """Return precision, recall, F1 and support of every class.

    Args:
        target: (N,) index of the true class.
        predicted: (N,) index of the answered class.
        weight: (N,) or (N, R); None counts every row once.
    """
    true, answer = class_indices(target), class_indices(predicted)
    weights = np.ones(len(true)) if weight is None else weight
    num_classes = int(max(true.max(), answer.max(), POSITIVE)) + 1
    right = true == answer
    hits = class_sums(true[right], weights[right], num_classes)
    support = class_sums(true, weights, num_classes)
    answered = class_sums(answer, weights, num_classes)
    return ClassScores(
        precision=divide(hits, answered, empty=0.0),
        recall=divide(hits, support, empty=0.0),
        f1=divide(2 * hits, support + answered, empty=0.0),
        support=support,
        answered=answered,
    )


def _accuracy(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return weighted_mean(class_indices(target) == class_indices(prediction.values), weight)


def _balanced_accuracy(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    scores = class_scores(target, prediction.values, weight)
    present = scores.support > 0
    return divide((scores.recall * present).sum(axis=0), present.sum(axis=0))


def _precision(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return class_scores(target, prediction.values, weight).precision[POSITIVE]


def _recall(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return class_scores(target, prediction.values, weight).recall[POSITIVE]


def _f1(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return class_scores(target, prediction.values, weight).f1[POSITIVE]


def _precision_macro(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    scores = class_scores(target, prediction.values, weight)
    return divide(scores.precision.sum(axis=0), scores.occurs.sum(axis=0))


def _recall_macro(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    scores = class_scores(target, prediction.values, weight)
    return divide(scores.recall.sum(axis=0), scores.occurs.sum(axis=0))


def _f1_macro(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    scores = class_scores(target, prediction.values, weight)
    return divide(scores.f1.sum(axis=0), scores.occurs.sum(axis=0))


accuracy = Metric("accuracy", _accuracy, True, "Share of the rows that are answered rightly.")
balanced_accuracy = Metric(
    "balanced_accuracy",
    _balanced_accuracy,
    True,
    "Share of each class's rows that are answered rightly, averaged so that a rare class counts as much as a frequent one.",
)
precision = Metric("precision", _precision, True, "Of the rows answered with the positive class, the share that is of it.")
recall = Metric("recall", _recall, True, "Of the rows of the positive class, the share that is found.")
f1 = Metric("f1", _f1, True, "Precision and recall of the positive class in one number, their harmonic mean.")
precision_macro = Metric("precision_macro", _precision_macro, True, "Precision of each class, averaged over the classes.")
recall_macro = Metric("recall_macro", _recall_macro, True, "Recall of each class, averaged over the classes.")
f1_macro = Metric("f1_macro", _f1_macro, True, "F1 of each class, averaged over the classes; rare classes count fully.")
f1_micro = Metric("f1_micro", _accuracy, True, "F1 over all answers together; with one class a row it equals accuracy.")
