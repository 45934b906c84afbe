"""The metric of predicted counts."""

import numpy as np
from scipy.special import xlogy

from espalier.core.batch import FloatArray, Prediction
from espalier.evaluation.metrics.metric import Metric, weighted_mean

LEAST_RATE = 1e-10  # a predicted rate of 0 would make a single counted event infinitely surprising


def not_negative(target: FloatArray) -> bool:
    """Return whether no value is below 0."""
    return bool((target >= 0).all())


def _poisson_deviance(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    rate = np.maximum(prediction.values, LEAST_RATE)
    return weighted_mean(2 * (xlogy(target, target / rate) - target + rate), weight)


poisson_deviance = Metric(
    "poisson_deviance",
    _poisson_deviance,
    False,
    "Distance between predicted rate and count, where an error of 2 weighs more at 3 than at 300; 0 is perfect.",
    not_negative,
)
