"""Metric of alarms that needs no anomaly: how many there are."""

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.evaluation.metrics.metric import Metric, weighted_mean


def _alarm_share(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return weighted_mean(np.asarray(prediction.values > 0, dtype=np.float64), weight)


alarm_share = Metric(
    "alarm_share",
    _alarm_share,
    False,
    "Share of all rows that raise an alarm; where no row is an anomaly, all of these are false.",
)
