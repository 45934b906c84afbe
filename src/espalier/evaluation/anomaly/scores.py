"""Scores of anomalies as predictions: a score beside its alarm level, as a number from 0 to 1 that keeps every order.

A score s of 0 or more is told as s / (s + level): 0.5 at the level, above it an alarm. So metrics of ranking read scores as
they read probabilities, and the score in levels is got back as p / (1 - p). It is no probability.
"""

from dataclasses import replace

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.core.errors import PlanError
from espalier.core.records import IntArray
from espalier.evaluation.anomaly.threshold import LEVEL as TAIL
from espalier.evaluation.anomaly.threshold import MIN_PEAKS, AlarmLevel, extreme_level, quantile_level

LEAST_LEVEL = float(np.finfo(np.float32).tiny)
FIRST_LEVEL = 1.0  # until one is chosen


def as_prediction(rows: IntArray, scores: FloatArray, level: float) -> Prediction:
    """Return scores as a prediction: 1 above the level, 0 up to it.

    Args:
        rows: (N,) source rows.
        scores: (N,) 0 and more, higher for odd rows.
        level: score above which there is an alarm.

    Example:
        >>> as_prediction(np.arange(2), np.array([1.0, 3.0]), 1.0).probabilities[:, 1].tolist()
        [0.5, 0.75]
    """
    least = max(level, LEAST_LEVEL)
    odd = scores / (scores + least)
    return Prediction(rows, (scores > level).astype(np.float64), np.stack([1 - odd, odd], axis=1))


def in_levels(prediction: Prediction) -> FloatArray:
    """Return (N,) the score of each row as a multiple of the alarm level."""
    if prediction.probabilities is None:
        return prediction.values
    normal, odd = prediction.probabilities.T
    return np.asarray(odd / np.maximum(normal, LEAST_LEVEL))


def with_level(prediction: Prediction, level: float) -> Prediction:
    """Return a prediction that was made at a level of 1 at another one."""
    made = as_prediction(prediction.rows, in_levels(prediction), level)
    return replace(prediction, values=made.values, probabilities=made.probabilities)


def choose_level(normal: FloatArray, rule: str, false_alarms: float) -> AlarmLevel:
    """Return the score above which there is an alarm, from the scores of normal rows that nothing was fitted on.

    Args:
        normal: (N,) scores.
        rule: "quantile" or "extreme".
        false_alarms: share of normal rows that may raise an alarm.

    Raises:
        PlanError: too few scores for the shape of their tail.
    """
    if rule == "extreme":
        if len(normal) * (1 - TAIL) < MIN_PEAKS or false_alarms >= 1 - TAIL:
            raise PlanError(
                f"task.options.level is 'extreme': it continues the tail of the scores of {len(normal):,} normal rows of the "
                f"validation part for a risk of {false_alarms:g}; expected at least {round(MIN_PEAKS / (1 - TAIL)):,} rows and "
                f"a risk below {1 - TAIL:.2g}. Use --set task.options.level=quantile, or --set task.options.false_alarms=0.001."
            )
        return extreme_level(normal, false_alarms)
    if len(normal) * false_alarms >= 1:
        return quantile_level(normal, false_alarms)
    value = float(normal.max())
    return AlarmLevel(
        value,
        f"{value:.4g} is the highest score of the {len(normal):,} normal rows of the validation part, "
        f"too few to leave {false_alarms:.2%} of them above it.",
    )
