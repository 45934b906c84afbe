"""Metrics of a class with the box in which it lies. A row's target is (N, 5): class, left, top, right, bottom.

Boxes may be in any unit, even another one along each side: shares of a picture give the same overlap as its pixels.

Paper: Russakovsky et al. 2015, ImageNet Large Scale Visual Recognition Challenge, arXiv 1409.0575, section 4.2: an answer is
right when the class is, and box and truth overlap in at least half of what they cover together.
"""

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.evaluation.metrics import classes, probabilities
from espalier.evaluation.metrics.metric import Metric, class_indices, weighted_mean

LEAST_OVERLAP = 0.5  # intersection over union from which a box is right


def overlap(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the intersection over union of boxes, pair by pair: 1 for equal boxes, 0 for boxes apart.

    Args:
        first: (N, 4) left, top, right, bottom.
        second: (N, 4).

    Example:
        >>> overlap(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2]])).round(3).tolist()
        [0.333]
    """
    low, high = np.maximum(first[:, :2], second[:, :2]), np.minimum(first[:, 2:], second[:, 2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    areas = [np.clip(one[:, 2:] - one[:, :2], 0, None).prod(axis=1) for one in (first, second)]
    union = areas[0] + areas[1] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def overlaps(target: FloatArray, prediction: Prediction) -> FloatArray:
    """Return (N,) how well each answered box covers the true one."""
    given = np.zeros((len(target), 4)) if prediction.boxes is None else prediction.boxes
    return overlap(np.asarray(target)[:, 1:], given)


def _is_right(target: FloatArray, prediction: Prediction) -> FloatArray:
    return np.asarray(class_indices(target[:, 0]) == class_indices(prediction.values), dtype=np.float64)


def _class_and_box(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    covered = overlaps(target, prediction) >= LEAST_OVERLAP
    return weighted_mean(_is_right(target, prediction) * covered, weight)


def _mean_iou(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return weighted_mean(overlaps(target, prediction), weight)


def _box_accuracy(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return weighted_mean(np.asarray(overlaps(target, prediction) >= LEAST_OVERLAP, dtype=np.float64), weight)


def _accuracy(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return classes.accuracy.compute(target[:, 0], prediction, weight)


def _log_loss(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return probabilities.log_loss.compute(target[:, 0], prediction, weight)


class_and_box = Metric(
    "class_and_box",
    _class_and_box,
    True,
    "Share of the pictures whose class is answered rightly with a box that overlaps the true one by at least half.",
    needs="boxes",
)
mean_iou = Metric(
    "mean_iou",
    _mean_iou,
    True,
    "How well boxes cover the true ones: what both cover, as a share of what either covers, averaged; 1 is perfect.",
    needs="boxes",
)
box_accuracy = Metric(
    "box_accuracy",
    _box_accuracy,
    True,
    "Share of the boxes that overlap the true one by at least half, whatever the class.",
    needs="boxes",
)
accuracy = Metric("accuracy", _accuracy, True, "Share of the pictures whose class is answered rightly.")
log_loss = Metric(
    "log_loss",
    _log_loss,
    False,
    "Surprise at the true class, averaged over the pictures; 0 is perfect, being sure and wrong costs most.",
    needs="probabilities",
)
