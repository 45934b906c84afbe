"""Metrics of forecasts: V variables over H steps to come, in the person's units.

A cell is one step of one variable. Cells whose truth is not known (NaN) do not count; every other cell counts as much as its
row's weight. Where variables have different units, `mae`, `rmse` and `mse` are ruled by the one with the largest numbers: then
`mase`, `scaled_mse` and `r2`, which have no unit, say more.

Paper: Hyndman & Koehler 2006, Another look at measures of forecast accuracy (MASE); Makridakis, Spiliotis & Assimakopoulos
2020, The M4 Competition (sMAPE, OWA).

Shapes:
    target, Prediction.values (N, V, H); Prediction.quantiles (N, V, H, Q); weights (N,) or (N, R).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.core.errors import InputError
from espalier.core.records import IntArray
from espalier.evaluation.metrics.metric import Metric, divide


def cell_mean(cells: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the mean over cells under one or many row weightings; cells that are NaN do not count.

    Shapes:
        cells (N, V, H), weight (N,) or (N, R), to () or (R,).

    Example:
        >>> float(cell_mean(np.array([[[1.0, np.nan]], [[4.0, 4.0]]]), np.ones(2)))
        3.0
    """
    known = np.isfinite(cells)
    sums = np.where(known, cells, 0).sum(axis=(1, 2))
    return divide(sums.astype(weight.dtype) @ weight, known.sum(axis=(1, 2)).astype(weight.dtype) @ weight)


def symmetric_errors(target: FloatArray, forecast: FloatArray) -> FloatArray:
    """Return 2 |y - f| / (|y| + |f|), from 0 to 2; 0 where both are 0, because the forecast is right there.

    Example:
        >>> symmetric_errors(np.array([100.0, 0.0, 0.0]), np.array([50.0, 0.0, 1.0])).round(3).tolist()
        [0.667, 0.0, 2.0]
    """
    size = np.abs(target) + np.abs(forecast)
    errors = divide(2 * np.abs(target - forecast), size, empty=0.0)
    return np.where(np.isfinite(target), errors, np.nan)


def seasonal_scales(train: FloatArray, season: int) -> FloatArray:
    """Return each variable's mean distance to its value one season before, over the training part: what MASE divides by.

    Args:
        train: (T, V) the steps of the training part, NaN where not known.
        season: steps; 1 compares with the step before.

    Shapes:
        (V,); NaN for a variable of which no two steps one season apart are known.

    Raises:
        InputError: the training part is not longer than a season.

    Example:
        >>> seasonal_scales(np.array([[1.0], [2.0], [4.0]]), season=1).tolist()
        [1.5]
    """
    if len(train) <= season:
        raise InputError(f"A season of {season} steps in a training part of {len(train)}; expected a longer part.")
    gaps = np.abs(train[season:] - train[:-season])
    known = np.isfinite(gaps)
    return divide(np.where(known, gaps, 0).sum(axis=0), known.sum(axis=0))


def nowhere_negative(target: FloatArray) -> bool:
    """Return whether no known value is below 0, so that an error relative to its size has a meaning."""
    known = target[np.isfinite(target)]
    return bool(len(known)) and bool((known >= 0).all())


def some_variable_varies(target: FloatArray) -> bool:
    """Return whether some variable (N, V, H) has more than one known value."""
    values = np.moveaxis(target, 1, 0).reshape(target.shape[1], -1)
    return any(len(np.unique(one[np.isfinite(one)])) > 1 for one in values)


def _mae(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return cell_mean(np.abs(target - prediction.values), weight)


def _mse(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return cell_mean((target - prediction.values) ** 2, weight)


def _rmse(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return np.sqrt(_mse(target, prediction, weight))


def _smape(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    return cell_mean(symmetric_errors(target, prediction.values), weight)


def _r2(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
    known = np.isfinite(target)
    count = known.sum(axis=(0, 2))
    means = divide(np.where(known, target, 0).sum(axis=(0, 2)), count, empty=0.0)
    centred = np.where(known, target - means[:, None], 0)  # without a large offset nothing is lost to rounding
    errors = np.where(known, target - prediction.values, 0)
    flat = weight.reshape(len(weight), -1).astype(np.float64)  # (N, R)
    cells, first, second, wrong = (
        one.sum(axis=2).T @ flat for one in (known.astype(np.float64), centred, centred**2, errors**2)
    )  # (V, R) each
    spread = second - divide(first**2, cells, empty=0.0)
    each = 1 - divide(wrong, np.where(spread > 1e-12 * second, spread, 0))
    varies = np.isfinite(each)
    mean = divide(np.where(varies, each, 0).sum(axis=0), varies.sum(axis=0))
    return np.asarray(mean.reshape(weight.shape[1:]))


mae = Metric("mae", _mae, False, "Distance between forecast and truth, on average over all steps, in the target's unit.")
rmse = Metric("rmse", _rmse, False, "Typical error of a step in the target's unit; large errors count more than in the mean.")
mse = Metric("mse", _mse, False, "Mean squared error of a step, in the target's unit squared.")
smape = Metric(
    "smape",
    _smape,
    False,
    "Distance between forecast and truth as a share of the mean of both, on average; 0 is perfect, 2 the worst (as in the M4 "
    "competition, which prints it in per cent). A step where both are 0 counts 0.",
    nowhere_negative,
)
r2 = Metric(
    "r2",
    _r2,
    True,
    "Share of each variable's variation that is forecast, averaged over the variables; 0 is no better than its mean.",
    some_variable_varies,
)


def mase(scales: FloatArray, series: Callable[[IntArray], IntArray] | None = None) -> Metric:
    """Return the metric that divides errors by those of the seasonal naive forecast in the training part.

    Args:
        scales: (V,) of each variable as `seasonal_scales` gives them; (S, V) for a panel of S series. Variables whose scale
            is 0 or not known do not count.
        series: from source rows (N,) to the series (N,) of a panel that each is of; None without a panel.
    """
    return _scaled(
        "mase",
        np.abs,
        scales,
        series,
        "Distance to the truth, divided by the distance that repeating the last season had in the training part, one step "
        "ahead; below 1 is better than that.",
    )


def scaled_mse(scales: FloatArray, series: Callable[[IntArray], IntArray] | None = None) -> Metric:
    """Return the mean squared error on variables divided by scales, as published tables of long forecasts give it.

    Args:
        scales: (V,) the deviation of each variable in the training part, or (S, V).
        series: as of `mase`.
    """
    said = "Mean squared error after dividing each variable by its deviation in the training part."
    return _scaled("scaled_mse", np.square, scales, series, said)


def scaled_mae(scales: FloatArray, series: Callable[[IntArray], IntArray] | None = None) -> Metric:
    """Return the mean distance on variables divided by scales, as published tables of long forecasts give it.

    Args:
        scales: (V,) the deviation of each variable in the training part, or (S, V).
        series: as of `mase`.
    """
    said = "Distance between forecast and truth after dividing each variable by its deviation in the training part."
    return _scaled("scaled_mae", np.abs, scales, series, said)


def _scaled(
    name: str,
    size: Callable[[FloatArray], FloatArray],
    scales: FloatArray,
    series: Callable[[IntArray], IntArray] | None,
    sentence: str,
) -> Metric:
    usable = np.where(scales > 0, scales, np.nan)

    def compute(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
        own = usable if series is None else usable[series(prediction.rows)]
        return cell_mean(size((target - prediction.values) / own[..., None]), weight)

    def legal(target: FloatArray) -> bool:
        return bool(np.isfinite(usable).any())

    return Metric(name, compute, False, sentence, legal)


def pinball(quantiles: tuple[float, ...]) -> Metric:
    """Return the metric that judges forecast quantiles.

    Paper: Koenker & Bassett 1978, Regression Quantiles, equation 2.1; the mean over the quantiles.

    Args:
        quantiles: the levels of the prediction's last axis, 0 to 1.
    """
    levels = np.asarray(quantiles)

    def compute(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
        gap = target[..., None] - _quantiles(prediction)  # (N, V, H, Q)
        return cell_mean(np.maximum(levels * gap, (levels - 1) * gap).mean(axis=3), weight)

    return Metric(
        "pinball", compute, False, "Distance to the forecast quantiles, tilted to each one's side.", needs="quantiles"
    )


def coverage(quantiles: tuple[float, ...]) -> Metric:
    """Return the metric that says which share of the steps lies between the outermost quantiles.

    Args:
        quantiles: the levels of the prediction's last axis in ascending order, 0 to 1, at least two.
    """
    promised = quantiles[-1] - quantiles[0]

    def compute(target: FloatArray, prediction: Prediction, weight: FloatArray) -> FloatArray:
        given = _quantiles(prediction)
        inside = (given[..., 0] <= target) & (target <= given[..., -1])
        return cell_mean(np.where(np.isfinite(target), inside, np.nan), weight)

    return Metric(
        "coverage",
        compute,
        True,
        f"Share of the steps between the outermost forecast quantiles; {promised:.0%} was promised, more means too wide.",
        needs="quantiles",
    )


@dataclass(frozen=True)
class PanelScores:
    """Scores of a method over a panel of series.

    Args:
        smape: averaged over the series, 0 to 2 (the M4 competition prints it in per cent).
        mase: averaged over the series whose scale is above 0.
    """

    smape: float
    mase: float

    def owa(self, naive2: "PanelScores") -> float:
        """Return the overall weighted average of the M4 competition: both scores over Naive 2's, averaged; 1 is as good.

        Args:
            naive2: the scores of Naive 2 (`metrics.naive2`) on the same panel.
        """
        return (self.smape / naive2.smape + self.mase / naive2.mase) / 2


def panel_scores(target: FloatArray, forecast: FloatArray, train: Sequence[FloatArray], season: int) -> PanelScores:
    """Return the scores of forecasts of a panel of series, as in the M4 competition.

    Args:
        target: (S, H) the steps that came, NaN where not known.
        forecast: (S, H).
        train: S series (T,) of different lengths, the past that MASE's scale comes from.
        season: steps; 1 for none.

    Raises:
        InputError: a series that is not longer than a season.
    """
    scales = np.stack([seasonal_scales(np.asarray(one, dtype=np.float64)[:, None], season) for one in train])
    prediction = Prediction(np.arange(len(target)), forecast[:, None])
    metrics = smape, mase(scales, series=lambda rows: rows)
    return PanelScores(*(one.measure(target[:, None], prediction) for one in metrics))


def _quantiles(prediction: Prediction) -> FloatArray:
    return np.empty((0, 0, 0, 0)) if prediction.quantiles is None else prediction.quantiles
