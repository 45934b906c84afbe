"""Naive 2: the last value, with the season taken out before and put in again. The M4 competition measures others against it.

Paper: Makridakis, Spiliotis & Assimakopoulos 2020, The M4 Competition: 100,000 time series and 61 forecasting methods. The
season is tested for and taken out as in the organisers' code (R's `acf` and multiplicative `decompose`).
"""

import numpy as np

from espalier.core.batch import FloatArray

CRITICAL = 1.645  # 90 % of the normal distribution, both sides
MIN_SEASONS = 3  # that a series must hold to be tested


def naive2(train: FloatArray, horizon: int, season: int) -> FloatArray:
    """Return the forecast of one series.

    Args:
        train: (T,) the known values, without gaps, above 0 where they have a season.
        horizon: H, steps to be forecast.
        season: steps after which the series may repeat itself; 1 for none.

    Shapes:
        (H,).

    Example:
        >>> naive2(np.tile([1.0, 2.0, 3.0], 6), horizon=4, season=3).round(6).tolist()
        [1.0, 2.0, 3.0, 1.0]
    """
    if not is_seasonal(train, season):
        return np.full(horizon, train[-1])
    indices = seasonal_indices(train, season)
    ahead = (len(train) + np.arange(horizon)) % season
    return np.asarray(train[-1] / indices[(len(train) - 1) % season] * indices[ahead])


def is_seasonal(train: FloatArray, season: int) -> bool:
    """Return whether the autocorrelation of a series at its season is beyond what chance allows (Bartlett's formula)."""
    if season <= 1 or len(train) < MIN_SEASONS * season or np.ptp(train) == 0:
        return False
    centred = train - train.mean()
    lags = np.array([centred[lag:] @ centred[:-lag] for lag in range(1, season + 1)]) / (centred @ centred)
    limit = CRITICAL * np.sqrt((1 + 2 * (lags[:-1] ** 2).sum()) / len(train))
    return bool(abs(lags[-1]) > limit)


def seasonal_indices(train: FloatArray, season: int) -> FloatArray:
    """Return what each place in the season is times as high as usual (season,), 1 on average, by a moving average."""
    even = np.r_[0.5, np.ones(season - 1), 0.5] / season  # both ends count half, so that the average is centred
    weights = np.full(season, 1 / season) if season % 2 else even
    trend = np.convolve(train, weights, mode="valid")
    first = len(weights) // 2
    ratios = train[first : first + len(trend)] / trend
    places = (first + np.arange(len(trend))) % season
    indices = np.bincount(places, ratios, minlength=season) / np.bincount(places, minlength=season)
    return np.asarray(indices / indices.mean())
