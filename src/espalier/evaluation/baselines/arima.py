"""ARIMA: each step from the steps and the surprises before it, by statsmodels. Needs the extra `series`.

Logarithms are taken where the spread of a season (or of ten steps) grows with its level. A season of up to 12 steps is modelled
(Box & Jenkins' airline model and its neighbours); a longer one is taken out by STL before and put in again, because its model
would take minutes. How often differences are taken is decided by tests, the other orders by the lowest corrected AIC.

Paper: Hyndman & Khandakar 2008, Automatic time series forecasting (the tests: KPSS, strength of the season).
Book: Box & Jenkins 1976, Time Series Analysis, chapter 9; Hyndman & Athanasopoulos 2021, section 4.3 (strength above 0.64).
Differs: of all orders up to 5, a handful is tried.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.errors import missing_extra
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.own_history import ByOwnHistory, season_of, statsmodels_installed
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape

MOST_FORECASTS = 60  # about a second each
LONGEST_SEASON = 12  # that is modelled; the filter's time grows with its cube
STRONG_SEASON = 0.64
GROWS = 0.5  # slope of log spread on log level from which logarithms are taken; 1 is in proportion
BLOCK = 10  # steps whose level and spread are compared, without a season
SIGNIFICANT = 0.05
ORDERS = ((0, 1), (1, 0), (1, 1), (2, 1), (2, 2))  # autoregressive and moving-average terms
SEASONAL_ORDERS = ((0, 1, 0, 1), (1, 0, 0, 1), (1, 1, 0, 1), (2, 0, 1, 0))  # the same two, and those of the season
MAX_ITERATIONS = 50


def build(table: TrainTable, seed: int) -> ByOwnHistory:
    """Return the estimator for the windows of a table.

    Raises:
        MissingExtraError: statsmodels is not installed.
    """
    try:
        from statsmodels.tsa.seasonal import STL
        from statsmodels.tsa.statespace.sarimax import SARIMAX
        from statsmodels.tsa.stattools import kpss
    except ImportError as error:
        raise missing_extra("statsmodels", "series", "The baseline ARIMA") from error

    def forecast(steps: FloatArray, shape: WindowShape) -> FloatArray:
        season = season_of(steps, shape)
        logarithms = spread_grows(steps, season if season > 1 else BLOCK)
        values = np.log(steps) if logarithms else steps
        seasonal = np.zeros(len(values))
        if season > 1:
            parts = STL(values, period=season).fit()
            weak = strength(parts.seasonal, parts.resid) < STRONG_SEASON
            season = 1 if weak else season
            if season > LONGEST_SEASON:
                seasonal, season = np.asarray(parts.seasonal), 1
        repeated = np.resize(seasonal[-shape.season :], shape.horizon)
        path = _best(values - seasonal, season, SARIMAX, kpss, shape.horizon) + repeated
        return np.exp(path) if logarithms else path

    return ByOwnHistory(forecast, table.shape)


def spread_grows(steps: FloatArray, block: int) -> bool:
    """Return whether the deviation within blocks of steps grows with their mean, so that logarithms even it out.

    Example:
        >>> level = np.repeat(np.arange(1.0, 9.0), 10)
        >>> spread_grows(level * (1 + 0.1 * np.tile([1.0, -1.0], 40)), 10)
        True
    """
    blocks = steps[len(steps) % block :].reshape(-1, block)
    if (steps <= 0).any() or len(blocks) < 3:
        return False
    level, spread = blocks.mean(axis=1), blocks.std(axis=1)
    if (spread <= 0).any() or np.ptp(level) == 0:
        return False
    return bool(np.polyfit(np.log(level), np.log(spread), 1)[0] > GROWS)


def strength(seasonal: FloatArray, rest: FloatArray) -> float:
    """Return how much of what is not trend is season, 0 to 1."""
    total = float(np.var(seasonal + rest))
    return max(0.0, 1 - float(np.var(rest)) / total) if total > 0 else 0.0


def _best(values: FloatArray, season: int, model: Any, kpss: Callable[..., Any], horizon: int) -> FloatArray:  # noqa: ANN401  statsmodels has no types
    """Return the forecasts (H,) of the model with the lowest corrected AIC; NaN when none can be fitted."""
    still = values[season:] - values[:-season] if season > 1 else values
    moves = int(np.ptp(still) > 0 and kpss(still, nlags="auto")[1] < SIGNIFICANT)
    orders = SEASONAL_ORDERS if season > 1 else tuple((p, q, 0, 0) for p, q in ORDERS)
    found = []
    for p, q, seasonal_p, seasonal_q in orders:
        seasonal = (seasonal_p, 1, seasonal_q, season) if season > 1 else (0, 0, 0, 0)
        trend = "c" if moves == 0 else None
        try:
            written = model(values, order=(p, moves, q), seasonal_order=seasonal, trend=trend, concentrate_scale=True)
            fitted = written.fit(disp=False, maxiter=MAX_ITERATIONS)
        except np.linalg.LinAlgError:
            continue
        path = np.asarray(fitted.forecast(horizon))
        if np.isfinite(path).all() and np.isfinite(fitted.aicc):
            found.append((float(fitted.aicc), path))
    return min(found, key=lambda one: one[0])[1] if found else np.full(horizon, np.nan)


BASELINES = {
    "ARIMA": Baseline(
        build,
        ("path",),
        simplicity=4,
        sentence="Writes each step as a sum of the steps before it and of the surprises in them, fitted to each series.",
        encoding="windows",
        most_forecasts=MOST_FORECASTS,
        available=statsmodels_installed,
    )
}
