"""Stationarity: whether a series comes back to a level or a straight trend, and whether its changes can be foretold.

Papers: Kwiatkowski, Phillips, Schmidt & Shin (1992, Journal of Econometrics 54) for the test and table 1 for its limits; Said &
Dickey (1984, Biometrika 71) for the augmented Dickey-Fuller test, with the limit of Fuller (1976, table 8.5.2); Lo & MacKinlay
(1988, Review of Financial Studies 1), equations 12 to 14, for the variance ratio.
"""

from enum import StrEnum

import numpy as np

from espalier.core.batch import FloatArray

LEVEL_LIMIT, TREND_LIMIT = 0.463, 0.146  # 5 % of table 1: around a level, around a straight trend
UNIT_ROOT_LIMIT = -2.86  # 5 % of the Dickey-Fuller distribution with a constant
MIN_STEPS = 20
WALK_STEPS = (2, 5, 10)  # over which the variance of a random walk grows in proportion
MAX_TURN = 0.1  # of the ratio over two steps from 1; a few wild changes make any z small
WALK_LIMIT = 2.39  # z of 5 % for the largest of three, two-sided (Bonferroni)


class Stationarity(StrEnum):
    """What a series comes back to."""

    LEVEL = "level"
    TREND = "trend"  # a straight one
    DRIFT = "drift"  # a level that itself moves slowly
    CHANGES = "changes"  # its changes from step to step come back to a level; itself it wanders
    NONE = "none"
    UNKNOWN = "unknown"  # too short, or constant


def kpss(values: FloatArray, *, around_trend: bool = False) -> float:
    """Return the KPSS statistic; a large one speaks against stationarity.

    Args:
        values: (n,) without gaps, not constant.
        around_trend: whether a straight trend is allowed for.

    Example:
        >>> round(kpss(np.array([1.0, 2.0, 1.0, 3.0, 2.0, 4.0, 3.0, 5.0])), 3)
        0.5
    """
    num = len(values)
    places = np.arange(num, dtype=np.float64)
    line = np.polynomial.Polynomial.fit(places, values, 1 if around_trend else 0)
    rest = values - line(places)
    lags = min(int(np.ceil(12.0 * (num / 100.0) ** 0.25)), num - 1)
    variance = float(rest @ rest)
    for lag in range(1, lags + 1):
        variance += 2.0 * float(rest[lag:] @ rest[:-lag]) * (1.0 - lag / (lags + 1.0))
    return float((np.cumsum(rest) ** 2).sum()) / (num * variance) if variance > 0 else 0.0


def dickey_fuller(values: FloatArray) -> float:
    """Return the t of the augmented Dickey-Fuller test with a constant; one far below 0 speaks against a random walk.

    Args:
        values: (n,) without gaps, 20 at least.
    """
    num = len(values)
    lags = min(int(12.0 * (num / 100.0) ** 0.25), num // 3)
    changes = np.diff(values)
    target = changes[lags:]
    earlier = [changes[lags - lag : len(changes) - lag] for lag in range(1, lags + 1)]
    inputs = np.stack([values[lags:-1], np.ones(len(target)), *earlier], axis=1)
    found, *_ = np.linalg.lstsq(inputs, target)
    rest = target - inputs @ found
    variance = float(rest @ rest) / max(len(target) - inputs.shape[1], 1)
    spread = variance * np.linalg.pinv(inputs.T @ inputs)[0, 0]
    return float(found[0] / np.sqrt(spread)) if spread > 0 else 0.0


def variance_ratio(values: FloatArray, steps: int) -> tuple[float, float]:
    """Return how much more a series changes over some steps than as many changes of one step would, and its z.

    A random walk has a ratio of 1; below it the series turns back, above it the series goes on. The z allows for changes whose
    size itself changes.

    Args:
        values: (n,) without gaps.
        steps: 2 or more, below n / 2.
    """
    changes = np.diff(values)
    num = len(changes)
    centred = changes - changes.mean()
    single = float(centred @ centred) / (num - 1)
    if single == 0:
        return 1.0, 0.0
    long = values[steps:] - values[:-steps] - steps * changes.mean()
    factor = steps * (num - steps + 1) * (1 - steps / num)
    ratio = float(long @ long) / factor / single
    squares = centred**2
    spread = 0.0
    for lag in range(1, steps):
        delta = float(squares[lag:] @ squares[:-lag]) / float(squares.sum()) ** 2
        spread += (2.0 * (steps - lag) / steps) ** 2 * delta
    return ratio, (ratio - 1.0) / np.sqrt(spread) if spread > 0 else 0.0


def find_stationarity(values: FloatArray) -> Stationarity:
    """Return what a series comes back to, at the 5 % level.

    Args:
        values: (n,) without gaps, its seasons taken out.
    """
    if len(values) < MIN_STEPS or np.ptp(values) == 0:
        return Stationarity.UNKNOWN
    if kpss(values) < LEVEL_LIMIT:
        return Stationarity.LEVEL
    if kpss(values, around_trend=True) < TREND_LIMIT:
        return Stationarity.TREND
    if dickey_fuller(values) < UNIT_ROOT_LIMIT:
        return Stationarity.DRIFT
    changes = np.diff(values)
    return Stationarity.CHANGES if np.ptp(changes) == 0 or kpss(changes) < LEVEL_LIMIT else Stationarity.NONE


def walks_at_random(values: FloatArray) -> bool:
    """Return whether a series moves as a random walk does, so that its past says nothing of its next change.

    Args:
        values: (n,) without gaps.
    """
    if len(values) < MIN_STEPS * 2 or np.ptp(values) == 0 or kpss(values) < LEVEL_LIMIT:
        return False
    found = [variance_ratio(values, steps) for steps in WALK_STEPS]
    return abs(found[0][0] - 1) < MAX_TURN and all(abs(z) < WALK_LIMIT for _, z in found)
