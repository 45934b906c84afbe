import numpy as np
import polars as pl
import pytest

from espalier.data.series.seasons import (
    autocorrelation,
    fill_between,
    find_seasons,
    moving_average,
    steadiness,
    strengths,
    take_apart,
    without_seasons,
)
from espalier.data.series.stationarity import (
    Stationarity,
    dickey_fuller,
    find_stationarity,
    kpss,
    variance_ratio,
    walks_at_random,
)
from real_data import data_file

AIRLINE = "airline_passengers/airline-passengers.csv.gz"
NETFLIX = "netflix_stock/NFLX.csv.gz"
TEMPERATURES = "daily_min_temperatures/daily-min-temperatures.csv.gz"


def column(file, name):
    return pl.read_csv(data_file(file)).get_column(name).to_numpy().astype(np.float64)


def stream(seed=0):
    return np.random.default_rng(seed)


def test_autocorrelation_agrees_with_its_definition():
    values = stream().normal(size=50).cumsum()
    centred = values - values.mean()
    plain = [float((centred[lag:] * centred[: 50 - lag]).sum() / (centred**2).sum()) for lag in range(8)]
    np.testing.assert_allclose(autocorrelation(values, 7), plain, atol=1e-12)
    np.testing.assert_array_equal(autocorrelation(np.ones(9), 2), [0, 0, 0])


def test_known_autocorrelations_of_airline_passengers():
    found = autocorrelation(column(AIRLINE, "Passengers"), 3)  # statsmodels 0.15.0, acf
    np.testing.assert_allclose(found, [1.0, 0.94804734, 0.87557484, 0.80668116], atol=1e-8)


@pytest.mark.parametrize("period", [3, 4])
def test_the_moving_average_agrees_with_a_plain_loop(period):
    values = stream().normal(size=12)
    half = period // 2
    weights = np.full(period, 1 / period) if period % 2 else np.array([0.5, *[1] * (period - 1), 0.5]) / period
    plain = [values[n - half : n + half + 1] @ weights for n in range(half, 12 - half)]
    found = moving_average(values, period)
    np.testing.assert_allclose(found[half : 12 - half], plain)
    assert np.isnan(found[:half]).all()
    assert np.isnan(found[12 - half :]).all()
    assert np.isnan(moving_average(values[:2], period)).all()


@pytest.mark.parametrize(
    ("file", "name", "period", "trend", "season"),
    [(AIRLINE, "Passengers", 12, 0.9655302562, 0.7787219427), (TEMPERATURES, "Temp", 365, 0.0274454479, 0.5935372368)],
)
def test_known_strengths_of_trend_and_season(file, name, period, trend, season):
    found = strengths(take_apart(column(file, name), period))  # from the parts of statsmodels 0.15.0, seasonal_decompose
    np.testing.assert_allclose(found, [trend, season], atol=1e-6)


def test_the_strength_of_a_sine_in_noise_is_its_share_of_the_variance():
    values = 2 * np.sin(2 * np.pi * np.arange(24_000) / 24) + stream().normal(size=24_000)
    assert strengths(take_apart(values, 24))[1] == pytest.approx(2 / 3, abs=0.02)
    assert steadiness(values, 24) == pytest.approx(2 / 3, abs=0.02)


def test_a_season_in_noise_is_found_and_noise_has_none():
    values = np.sin(2 * np.pi * np.arange(600) / 24) + stream().normal(size=600) * 0.7
    assert [season.period for season in find_seasons(values)] == [24]
    assert find_seasons(stream().normal(size=600), (24, 168)) == ()
    assert find_seasons(np.ones(100), (12,)) == ()
    assert find_seasons(np.arange(7.0), (3,)) == ()


def test_random_walks_seldom_seem_to_have_a_season():
    walks = [stream(seed).normal(size=400).cumsum() for seed in range(60)]
    assert sum(bool(find_seasons(walk, (5, 261))) for walk in walks) <= 3


def test_a_day_and_a_week_are_told_apart():
    hours = np.arange(24 * 7 * 12)
    values = np.sin(2 * np.pi * hours / 24) + 1.5 * (hours // 24 % 7 >= 5) + stream().normal(size=len(hours)) * 0.3
    found = find_seasons(values, (24, 168))
    assert [season.period for season in found] == [24, 168]
    assert np.ptp(without_seasons(values, found)) < 0.6 * np.ptp(values)


def test_known_seasons_of_real_series():
    assert [season.period for season in find_seasons(column(AIRLINE, "Passengers"), (12,))] == [12]
    assert [season.period for season in find_seasons(column(TEMPERATURES, "Temp"), (7, 365))] == [365]
    assert find_seasons(column(NETFLIX, "Close"), (5, 261)) == ()
    taxi = column("nab/nyc_taxi.csv.gz", "value")
    assert [season.period for season in find_seasons(taxi, (48, 336))] == [48, 336]


def test_sunspots_come_again_unsteadily():
    (found,) = find_seasons(column("sunspots/monthly-sunspots.csv.gz", "Sunspots"), (12,))
    assert not found.is_steady
    assert 120 <= found.period <= 135


def test_gaps_are_bridged_by_a_straight_line():
    np.testing.assert_array_equal(fill_between(np.array([np.nan, 1, np.nan, np.nan, 4, np.nan])), [1, 1, 2, 3, 4, 4])
    assert np.isnan(fill_between(np.full(3, np.nan))).all()


@pytest.mark.parametrize(
    ("file", "name", "level", "trend", "changes"),
    [
        (AIRLINE, "Passengers", 1.0521750110, 0.1627365741, 0.0530097619),
        (NETFLIX, "Close", 0.9807251150, 0.6679463232, 0.2254967938),
        (TEMPERATURES, "Temp", 0.0651104191, 0.0575427426, 0.0269080089),
    ],
)
def test_known_kpss_statistics(file, name, level, trend, changes):
    values = column(file, name)  # statsmodels 0.15.0, kpss with nlags="legacy"
    found = kpss(values), kpss(values, around_trend=True), kpss(np.diff(values))
    np.testing.assert_allclose(found, [level, trend, changes], atol=1e-8)


@pytest.mark.parametrize(
    ("file", "name", "known"),
    [
        (AIRLINE, "Passengers", 0.8153688792),
        (NETFLIX, "Close", -1.6498940382),
        (TEMPERATURES, "Temp", -3.9061363366),
    ],
)
def test_known_dickey_fuller_statistics(file, name, known):
    found = dickey_fuller(column(file, name))  # statsmodels 0.15.0, adfuller with autolag=None and Schwert's lags
    assert found == pytest.approx(known, abs=1e-8)


def test_the_variance_ratio_agrees_with_its_definition():
    values = stream().normal(size=40).cumsum()
    mean = np.diff(values).mean()
    single = sum((values[n] - values[n - 1] - mean) ** 2 for n in range(1, 40)) / 38
    several = sum((values[n] - values[n - 3] - 3 * mean) ** 2 for n in range(3, 40)) / (3 * 37 * (1 - 3 / 39))
    assert variance_ratio(values, 3)[0] == pytest.approx(several / single)
    assert variance_ratio(np.zeros(30), 2) == (1.0, 0.0)


def test_what_a_series_comes_back_to():
    noise = stream().normal(size=500)
    assert find_stationarity(noise) is Stationarity.LEVEL
    assert find_stationarity(noise + np.arange(500) / 20) is Stationarity.TREND
    slow = np.sin(np.arange(500) / 40) + noise / 2 + 2 * (np.arange(500) > 300)
    assert find_stationarity(slow + 3 * noise) is Stationarity.DRIFT
    assert find_stationarity(noise.cumsum()) is Stationarity.CHANGES
    assert find_stationarity(noise.cumsum().cumsum()) is Stationarity.NONE
    assert find_stationarity(np.ones(500)) is Stationarity.UNKNOWN
    assert find_stationarity(noise[:5]) is Stationarity.UNKNOWN


def test_prices_walk_at_random_and_temperatures_do_not():
    assert walks_at_random(column(NETFLIX, "Close"))
    assert walks_at_random(stream().normal(size=1000).cumsum())
    assert not walks_at_random(column(TEMPERATURES, "Temp"))
    assert not walks_at_random(column(AIRLINE, "Passengers"))
