"""Confident learning: which labels a model contradicts although it did not learn from them.

Paper: Northcutt, Jiang & Chuang 2021, Confident Learning: Estimating Uncertainty in Dataset Labels, Journal of Artificial
Intelligence Research 70, equations 1 (confident joint), 2 (thresholds) and 3 (calibrated to the label counts); suspects are
the off-diagonal entries of the confident joint, ranked by normalised margin (section 3.2).
"""

from typing import TypeAlias

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray

NORMAL = ndtri((np.arange(4_000) + 0.5) / 4_000)  # points that stand for a standard normal value
STEEPEST = 1e4  # slope of classes that hardly overlap
ROUNDING = 1e-9  # two shares of the same rows that lie closer are equal
SUREST_FRACTION = 0.25  # of the rows: those of which the model is surest

CountArray: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.int64]]


def confident_joint(labels: IntArray, probabilities: FloatArray) -> CountArray:
    """Return (K, K) how many rows labelled i are confidently of class j (equation 1).

    Args:
        labels: (N,) class index as it is written.
        probabilities: (N, K) of a model that did not learn from these rows.
    """
    confident = confident_class(labels, probabilities)
    num_classes = probabilities.shape[1]
    known = confident >= 0
    pairs = labels[known] * num_classes + confident[known]
    counts = np.bincount(pairs, minlength=num_classes**2).astype(np.int64)
    return counts.reshape(num_classes, num_classes)


def confident_class(labels: IntArray, probabilities: FloatArray) -> IntArray:
    """Return (N,) the class that each row confidently has, or -1.

    A class is confident when its probability is at least the mean that it has over the rows labelled with it (equation 2); of
    several the most probable is taken.
    """
    present = np.unique(labels)
    thresholds = np.full(probabilities.shape[1], np.inf)
    for label in present:
        thresholds[label] = probabilities[labels == label, label].mean()
    above = np.where(probabilities >= thresholds, probabilities, -1.0)
    return np.where(above.max(axis=1) >= 0, above.argmax(axis=1), -1)


def calibrated_joint(counts: CountArray, labels: IntArray) -> FloatArray:
    """Return (K, K) the joint distribution of written and true class; rows sum to the share of each class (equation 3)."""
    written = np.bincount(labels, minlength=len(counts)).astype(np.float64)
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sums, out=np.eye(len(counts)), where=sums > 0)
    return shares * (written / written.sum())[:, None]


def noise_fraction(joint: FloatArray) -> float:
    """Return the share of rows whose written class is not the true one."""
    return float(joint.sum() - np.trace(joint))


def suspects(labels: IntArray, probabilities: FloatArray) -> IntArray:
    """Return positions of the rows that are confidently of another class than is written, the most doubtful first."""
    confident = confident_class(labels, probabilities)
    found = np.flatnonzero((confident >= 0) & (confident != labels) & (probabilities.argmax(axis=1) != labels))
    margins = probabilities[found, labels[found]] - probabilities[found, confident[found]]
    return found[np.argsort(margins, kind="stable")]


def surest(probabilities: FloatArray) -> IntArray:
    """Return positions of the quarter of the rows of whose class the model is surest."""
    count = max(1, round(len(probabilities) * SUREST_FRACTION))
    return np.argsort(-probabilities.max(axis=1), kind="stable")[:count]


def surest_error_of_overlap(error: float, constant: float) -> float:
    """Return how often the surest quarter would be wrong if classes overlapped and every label were true.

    The evidence for one of two classes is taken as normally distributed: a row at z is of the first with the probability of
    a standard normal value below s z + b, where s and b are such that a constant answer and the best answer are wrong as
    often as given. Noise in the labels leaves the surest rows wrong about as often as the others; overlap hardly touches
    them. Several classes are brought to the scale of two equally frequent ones.

    Args:
        error: share of all rows that are wrong.
        constant: share that would be wrong if the most frequent class were answered to all, above 0.

    Example:
        >>> round(surest_error_of_overlap(0.25, 0.5), 3), surest_error_of_overlap(0.5, 0.5)
        (0.063, 0.5)
    """
    rarer = min(constant, 0.5)
    scale = constant / rarer
    if error > constant - ROUNDING:
        return constant

    def errors(slope: float) -> FloatArray:
        return np.asarray(ndtr(-np.abs(slope * NORMAL + np.hypot(1, slope) * ndtri(rarer))))

    if error / scale < errors(STEEPEST).mean():
        return 0.0
    slope = brentq(lambda slope: errors(slope).mean() - error / scale, 0.0, STEEPEST, xtol=1e-4)
    return scale * float(np.sort(errors(slope))[: round(len(NORMAL) * SUREST_FRACTION)].mean())
