"""Seasons: after how many steps a series repeats itself, and how strongly.

A period is believed when cycles are foretold by the mean of the other cycles. Strengths of trend and season are those of Wang,
Smith & Hyndman (2006, "Characteristic-based clustering for time series data", section 3.2) as Hyndman & Athanasopoulos
("Forecasting: principles and practice", section 4.3) write them. Differs: the decomposition is the classical one, by moving
averages, in place of STL.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from espalier.core.batch import FloatArray

MIN_CYCLES = 3  # whole ones, after the trend is taken out
MIN_STEADY, STEADY_CYCLE = (
    0.1,
    1.0,
)  # share that other cycles foretell: 0.1 and 1 by the cycles; random walks stay below in 97 of 100
MAX_SEASONS = 3
MAX_PEAKS = 8  # of the autocorrelation that are tried as periods
MIN_PROMINENCE = 0.05  # of such a peak
MIN_CYCLE = 0.3  # autocorrelation at the period of a cycle that is not steady
MIN_SECOND = 0.1  # and at twice the period
MIN_UNSTEADY_CYCLES = 6
SAME = 0.05  # of a usual period, within which another one is taken for it
USUAL_FACTOR, OTHER_FACTOR = 0.5, 0.8  # of the best, that a shorter period must reach to be taken first


@dataclass(frozen=True)
class Season:
    """A period after which a series repeats itself.

    Args:
        period: steps.
        strength: of the season, 0 to 1 (see the module); for an unsteady cycle its autocorrelation.
        is_steady: whether the period is always the same; the cycles of sunspots are of 9 to 14 years.
    """

    period: int
    strength: float
    is_steady: bool = True


@dataclass(frozen=True)
class Parts:
    """A series as the sum of three.

    Args:
        trend: (n,) centred moving average over a period; NaN at both ends.
        season: (n,) the mean of each step of the period, 0 on average.
        rest: (n,) what is left; NaN at both ends.
    """

    trend: FloatArray
    season: FloatArray
    rest: FloatArray


def fill_between(values: FloatArray) -> FloatArray:
    """Return values with gaps filled in a straight line, to describe a series; never to train on it, for it looks ahead."""
    known = np.isfinite(values)
    if known.all() or not known.any():
        return values.astype(np.float64)
    places = np.arange(len(values))
    return np.interp(places, places[known], values[known].astype(np.float64))


def autocorrelation(values: FloatArray, num_lags: int) -> FloatArray:
    """Return (num_lags + 1,) the autocorrelation at lags 0, 1, ..., as `statsmodels.tsa.stattools.acf` has it.

    Args:
        values: (n,) without gaps; a constant series has autocorrelation 0.
        num_lags: below n.
    """
    centred = values - values.mean()
    size = 1 << (2 * len(values) - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    found = np.fft.irfft(power, size)[: num_lags + 1]
    return found / found[0] if found[0] > 0 else np.zeros(num_lags + 1)


def moving_average(values: FloatArray, period: int) -> FloatArray:
    """Return (n,) the centred moving average over a period; NaN at both ends. For an even period both end steps count half."""
    half = period // 2
    result = np.full(len(values), np.nan)
    if len(values) > 2 * half:
        sums = np.concatenate([[0.0], np.cumsum(values - values.mean())])
        whole = sums[period:] - sums[:-period]  # of each run of a period
        result[half : len(values) - half] = whole / period if period % 2 else (whole[1:] + whole[:-1]) / (2 * period)
        result += values.mean()
    return result


def take_apart(values: FloatArray, period: int) -> Parts:
    """Return trend, season and rest by the classical decomposition.

    Args:
        values: (n,) without gaps, two periods or more.
        period: steps; 1 for a series without season, whose trend is then a moving average over a tenth of it.
    """
    if period == 1:
        trend = moving_average(values, max(len(values) // 10 | 1, 3))
        return Parts(trend, np.zeros(len(values)), values - trend)
    trend = moving_average(values, period)
    bare = values - trend
    profile = _profile(bare, period)
    season = np.resize(profile - profile.mean(), len(values))
    return Parts(trend, season, bare - season)


def _profile(bare: FloatArray, period: int) -> FloatArray:
    """Return (period,) the mean of each step of the period, NaN left out."""
    known = np.isfinite(bare)
    phases = np.arange(len(bare))[known] % period
    return np.bincount(phases, bare[known], period) / np.maximum(np.bincount(phases, minlength=period), 1)


def strengths(parts: Parts) -> tuple[float, float]:
    """Return the strengths of trend and season, each 0 to 1."""
    known = np.isfinite(parts.rest)
    rest, trend, season = parts.rest[known], parts.trend[known], parts.season[known]
    return _strength(rest, trend), _strength(rest, season)


def _strength(rest: FloatArray, part: FloatArray) -> float:
    whole = float(np.var(rest + part)) if len(rest) else 0.0
    return max(0.0, 1.0 - float(np.var(rest)) / whole) if whole > 0 else 0.0


def steadiness(values: FloatArray, period: int) -> float:
    """Return the share of the variance of cycles that the mean of the other cycles foretells; below 0 where they foretell none.

    Args:
        values: (n,) without gaps.
        period: steps; with fewer than 3 whole cycles besides the ends the answer is 0.
    """
    bare = values - moving_average(values, period)
    bare = bare[np.isfinite(bare)]
    cycles = len(bare) // period
    if cycles < MIN_CYCLES:
        return 0.0
    folded = bare[len(bare) - cycles * period :].reshape(cycles, period)
    others = (folded.sum(axis=0) - folded) / (cycles - 1)
    whole = float((folded**2).sum())
    return 1.0 - float(((folded - others) ** 2).sum()) / whole if whole > 0 else 0.0


def find_seasons(values: FloatArray, usual: Sequence[int] = ()) -> tuple[Season, ...]:
    """Return the periods after which a series repeats itself, in the order in which they were found, three at most.

    Args:
        values: (n,) without gaps.
        usual: periods that the frequency of the stamps suggests, such as 24 and 168 for hours.
    """
    longest = len(values) // (MIN_CYCLES + 1)
    if longest < 2 or np.ptp(values) == 0:
        return ()
    found: list[Season] = []
    rest = _level(values)
    peaks = _peaks(rest, longest)
    others = [peak for peak in peaks if all(abs(peak - period) > SAME * period for period in usual)]
    candidates = sorted({period for period in (*usual, *others) if 2 <= period <= longest})
    while len(found) < MAX_SEASONS:
        period = _best(rest, [one for one in candidates if all(one != season.period for season in found)], usual)
        if period is None:
            break
        parts = take_apart(rest, period)
        found.append(Season(period, strengths(parts)[1]))
        rest = rest - parts.season
    return tuple(found) or _unsteady(_level(values), peaks)


def without_seasons(values: FloatArray, seasons: Sequence[Season]) -> FloatArray:
    """Return a series with its steady seasons taken out."""
    for season in seasons:
        if season.is_steady:
            values = values - take_apart(values, season.period).season
    return values


def _peaks(values: FloatArray, longest: int) -> list[int]:
    """Return the lags at which the autocorrelation is highest around."""
    height = autocorrelation(values, longest)
    found = np.flatnonzero((height[1:-1] > height[:-2]) & (height[1:-1] >= height[2:])) + 1
    found = np.array([lag for lag in found.tolist() if _prominence(height, lag) >= MIN_PROMINENCE], dtype=np.int64)
    kept = found[np.argsort(-height[found], kind="stable")][:MAX_PEAKS]
    return [int(lag) for lag in kept if lag >= 2]


def _prominence(height: FloatArray, place: int) -> float:
    """Return how far a peak stands above the higher of the two valleys that part it from higher peaks."""
    higher = np.flatnonzero(height > height[place])
    before, behind = higher[higher < place], higher[higher > place]
    left = height[(before[-1] if len(before) else 0) : place].min()
    right = height[place + 1 : (behind[0] if len(behind) else len(height)) + 1].min()
    return float(height[place] - max(left, right))


def _level(values: FloatArray) -> FloatArray:
    """Return values less the straight line through them."""
    places = np.arange(len(values), dtype=np.float64)
    return values - np.polynomial.Polynomial.fit(places, values, 1)(places)


def _best(values: FloatArray, candidates: Sequence[int], usual: Sequence[int]) -> int | None:
    """Return the shortest period that is nearly as steady as the steadiest; None where none is steady."""
    if np.ptp(values) == 0:
        return None
    found = {period: steadiness(values, period) for period in candidates}
    steady = {period: share for period, share in found.items() if share >= MIN_STEADY + STEADY_CYCLE * period / len(values)}
    if not steady:
        return None
    best = max(steady.values())
    return min(one for one, share in steady.items() if share >= best * (USUAL_FACTOR if one in usual else OTHER_FACTOR))


def _unsteady(values: FloatArray, peaks: Sequence[int]) -> tuple[Season, ...]:
    """Return the cycle of a series that comes again and again, but not after the same number of steps; or nothing."""
    for period in peaks:
        if len(values) < MIN_UNSTEADY_CYCLES * period:
            continue
        found = autocorrelation(values, min(2 * period + period // 5, len(values) - 1))
        again = float(found[2 * period - period // 5 :].max(initial=-1.0))
        between = float(found[period + period // 4 : 2 * period - period // 4].min(initial=1.0))
        if found[period] >= MIN_CYCLE and again >= MIN_SECOND and between < 0:
            return (Season(period, float(found[period]), is_steady=False),)
    return ()
