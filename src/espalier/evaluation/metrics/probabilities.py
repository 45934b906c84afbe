"""Metrics of probabilities as such: are they high for what happens, and do they mean what they say?"""

from dataclasses import dataclass

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.core.records import IntArray
from espalier.evaluation.metrics.classes import class_sums
from espalier.evaluation.metrics.metric import Metric, class_indices, divide, weighted_mean
from espalier.evaluation.metrics.ranking import one_hot

LEAST = float(np.finfo(np.float64).eps)  # probabilities are held this far from 0 and 1, as scikit-learn does
NUM_BINS = 15  # of the calibration error; Guo et al. 2017, arXiv 1706.04599, section 5


def log_losses(target: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Return minus the logarithm of the probability that each row's true class was given: (N,), (N, K) to (N,)."""
    given = probabilities[np.arange(len(target)), class_indices(target)]
    return np.asarray(-np.log(np.clip(given, LEAST, 1 - LEAST)))


def equal_mass_bins(score: FloatArray, num_bins: int) -> IntArray:
    """Return the bin of each row, so that bins hold about equally many rows and equal scores share a bin.

    The middle one of equal scores decides where they all belong: a frequent score takes none of its neighbours along.

    Example:
        >>> equal_mass_bins(np.array([0.1, 0.4, 0.3, 0.2]), num_bins=2).tolist()
        [0, 1, 1, 0]
    """
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts // 2 - 1  # rank of the middle one
    starts = np.arange(1, num_bins) * len(score) // num_bins
    return np.searchsorted(starts, middle, side="right")[inverse]


@dataclass(frozen=True)
class CalibrationCurve:
    """What was promised beside what happened, bin by bin.

    Args:
        promised: mean probability of each bin.
        happened: share of the bin's rows for which it came true.
        weight: rows of each bin.
    """

    promised: FloatArray
    happened: FloatArray
    weight: FloatArray


def calibration_curve(target: FloatArray, probabilities: FloatArray, num_bins: int = NUM_BINS) -> CalibrationCurve:
    """Return the reliability diagram's points; bins without rows are left out.

    Args:
        target: (N,) index of the true class.
        probabilities: (N, K). Of two classes the positive one's probability is looked at, of more the highest one.
        num_bins: bins that hold about equally many rows.

    Example:
        >>> curve = calibration_curve(np.array([0, 1]), np.array([[0.9, 0.1], [0.3, 0.7]]), num_bins=2)
        >>> curve.promised.tolist(), curve.happened.tolist()
        ([0.1, 0.7], [0.0, 1.0])
    """
    score, happened = _promises(target, probabilities)
    index, ones = equal_mass_bins(score, num_bins), np.ones(len(score))
    mass = class_sums(index, ones, num_bins)
    used = mass > 0
    return CalibrationCurve(
        (class_sums(index, score, num_bins)[used] / mass[used]),
        (class_sums(index, happened, num_bins)[used] / mass[used]),
        mass[used],
    )


def _promises(target: FloatArray, probabilities: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the probability that each row is judged by, and whether it came true."""
    true = class_indices(target)
    if probabilities.shape[1] == 2:
        return probabilities[:, 1], (true == 1).astype(np.float64)
    return probabilities.max(axis=1), (true == probabilities.argmax(axis=1)).astype(np.float64)


def _given(prediction: Prediction) -> FloatArray:
    return np.empty((0, 0)) if prediction.probabilities is None else prediction.probabilities


def _log_loss(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return weighted_mean(log_losses(target, _given(prediction)), weight)


def _brier(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    probabilities = _given(prediction)
    squares = ((probabilities - one_hot(target, probabilities.shape[1])) ** 2).sum(axis=1)
    return weighted_mean(squares / 2 if probabilities.shape[1] == 2 else squares, weight)


def _calibration_error(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    score, happened = _promises(target, _given(prediction))
    gap = (score - happened).astype(weight.dtype).reshape(-1, *[1] * (weight.ndim - 1))
    sums = class_sums(equal_mass_bins(score, NUM_BINS), weight * gap, NUM_BINS)  # bin mass times its gap
    return divide(np.abs(sums).sum(axis=0), weight.sum(axis=0))


log_loss = Metric(
    "log_loss",
    _log_loss,
    False,
    "Surprise at the true class (minus the logarithm of its probability); 0 is perfect, being sure and wrong costs most.",
    needs="probabilities",
)
brier = Metric(
    "brier",
    _brier,
    False,
    "Mean squared distance between the probabilities and what happened; 0 is perfect.",
    needs="probabilities",
)
calibration_error = Metric(
    "calibration_error",
    _calibration_error,
    False,
    "How far probabilities are from what then happens, averaged over 15 groups of equally many rows: 0.05 means that what is "
    "given 80 % comes true in about 75 % or 85 % of the cases. It is above 0 by chance alone when rows are few.",
    needs="probabilities",
)
