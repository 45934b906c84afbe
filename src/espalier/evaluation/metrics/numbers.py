"""Metrics of predicted quantities, in the person's units."""

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.evaluation.metrics.metric import Metric, divide, varied, weighted_mean


def pinball_losses(target: FloatArray, predicted: FloatArray, quantiles: tuple[float, ...]) -> FloatArray:
    """Return the pinball loss of each row, averaged over the quantiles.

    Paper: Koenker & Bassett 1978, Regression Quantiles, equation 2.1.

    Args:
        target: (N,).
        predicted: (N, Q).
        quantiles: Q levels, 0 to 1.
    """
    gap = target[:, None] - predicted  # (N, Q)
    levels = np.asarray(quantiles)
    return np.asarray(np.maximum(levels * gap, (levels - 1) * gap).mean(axis=1))


def positive_target(target: FloatArray) -> bool:
    """Return whether every value is above 0, so that an error in per cent of it has a meaning."""
    return bool((target > 0).all())


def _mae(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return weighted_mean(np.abs(target - prediction.values), weight)


def _rmse(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return np.sqrt(weighted_mean((target - prediction.values) ** 2, weight))


def _r2(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    centred = target - target.mean()  # without a large offset nothing is lost to rounding
    spread = weighted_mean(centred**2, weight) - weighted_mean(centred, weight) ** 2
    error = weighted_mean((target - prediction.values) ** 2, weight)
    return 1 - divide(error, np.where(spread > 0, spread, 0))


def _mape(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    gap = np.abs(target - prediction.values)
    return weighted_mean(divide(gap, np.abs(target)), weight)


mae = Metric("mae", _mae, False, "Distance between prediction and truth, on average, in the target's unit.")
rmse = Metric("rmse", _rmse, False, "Typical error in the target's unit; large errors count more than in the mean distance.")
r2 = Metric(
    "r2", _r2, True, "Share of the target's variation that is explained; 0 is no better than its mean, 1 is perfect.", varied
)
mape = Metric(
    "mape", _mape, False, "Distance between prediction and truth as a share of the truth, on average.", positive_target
)


def pinball(quantiles: tuple[float, ...]) -> Metric:
    """Return the metric that judges predicted quantiles.

    Args:
        quantiles: the levels of the prediction's columns, 0 to 1.
    """

    def compute(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
        return weighted_mean(pinball_losses(target, _quantiles(prediction), quantiles), weight)

    return Metric(
        "pinball", compute, False, "Distance to the predicted quantiles, tilted to each one's side.", needs="quantiles"
    )


def coverage(quantiles: tuple[float, ...]) -> Metric:
    """Return the metric that says which share of the rows lies between the outermost quantiles.

    Args:
        quantiles: the levels of the prediction's columns in ascending order, 0 to 1, at least two.
    """
    promised = quantiles[-1] - quantiles[0]

    def compute(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
        return weighted_mean(covered(target, _quantiles(prediction)), weight)

    return Metric(
        "coverage",
        compute,
        True,
        f"Share of the rows between the outermost predicted quantiles; {promised:.0%} was promised, more means too wide.",
        needs="quantiles",
    )


def covered(target: FloatArray, predicted: FloatArray) -> FloatArray:
    """Return 1.0 for each row whose truth lies between its first and its last quantile: (N,), (N, Q) to (N,)."""
    return np.asarray((predicted[:, 0] <= target) & (target <= predicted[:, -1]), dtype=np.float64)


def _quantiles(prediction: Prediction) -> FloatArray:
    return np.empty((0, 0)) if prediction.quantiles is None else prediction.quantiles
