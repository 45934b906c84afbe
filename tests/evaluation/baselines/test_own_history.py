"""Statistical forecasts of each series on its own, and boosted trees on lags. statsmodels is an extra."""

import sys

import numpy as np
import pytest

from espalier.core.errors import MissingExtraError
from espalier.evaluation.baselines import arima, exponential_smoothing
from espalier.evaluation.baselines.arima import spread_grows, strength
from espalier.evaluation.baselines.baseline import all_baselines, left_out_baselines, suited_baselines
from espalier.evaluation.baselines.fit import fit_baseline
from espalier.evaluation.baselines.own_history import MIN_STEPS, ByOwnHistory, season_of
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape

METHODS = ("ETS", "Theta", "ARIMA")
needs_statsmodels = pytest.mark.skipif(not all_baselines()["ETS"].available(), reason="statsmodels is not installed")


def table_of(windows, horizon, season=1):
    windows = np.asarray(windows, np.float32)
    shape = WindowShape(windows.shape[1], windows.shape[2], horizon, windows.shape[1], season)
    inputs = (np.zeros((len(windows), 1)), np.zeros((len(windows), 0), int), windows.reshape(len(windows), -1))
    return TrainTable(inputs, (), np.zeros((len(windows), windows.shape[1], horizon)), "path", 0, shape)


def forecast(name, series, horizon, season=1):
    table = table_of(np.reshape(series, (1, 1, -1)), horizon, season)
    return fit_baseline(name, table, 0).predict(table.inputs, np.arange(1)).values[0, 0]


@needs_statsmodels
@pytest.mark.parametrize("name", METHODS)
def test_a_season_on_a_rising_level_is_continued(name):
    steps = np.arange(60)
    series = (100 + 2 * steps) * np.tile([0.8, 1.0, 1.3, 0.9], 15) + np.random.default_rng(0).normal(0, 1, 60)
    path = forecast(name, series[:56], 4, season=4)
    assert np.abs(path / series[56:] - 1).mean() < 0.04


@needs_statsmodels
@pytest.mark.parametrize("name", METHODS)
def test_a_white_series_is_answered_near_its_mean(name):
    series = np.random.default_rng(0).normal(50, 5, 80)
    assert np.abs(forecast(name, series, 3) - 50).max() < 5


@needs_statsmodels
def test_a_long_season_is_taken_out_before_arima_and_put_in_again():
    steps = np.arange(150)
    series = 10 * np.sin(2 * np.pi * steps / 24) + 0.1 * np.random.default_rng(0).normal(size=150)
    np.testing.assert_allclose(forecast("ARIMA", series[:110], 40, season=24), series[110:], atol=1)


@pytest.mark.parametrize(
    "series", [np.ones(40), np.arange(MIN_STEPS - 1.0), np.full(40, np.nan)], ids=["constant", "short", "none"]
)
def test_a_history_that_tells_nothing_is_answered_with_its_last_value(series):
    def never(steps, shape):
        raise AssertionError("asked")

    table = table_of(series[None, None], 2)
    estimator = ByOwnHistory(never, table.shape).fit(table.inputs[2], np.full((1, 2), 3.0))
    expected = 3.0 if np.isnan(series).all() else series[-1]
    assert estimator.predict(table.inputs[2]).tolist() == [[expected, expected]]


def test_steps_before_the_first_known_one_are_not_shown_to_a_method():
    seen = []
    table = table_of(np.r_[np.full(7, np.nan), np.arange(20.0), np.nan][None, None], 2)
    estimator = ByOwnHistory(lambda steps, shape: seen.append(steps) or np.full(2, np.inf), table.shape)
    answer = estimator.fit(table.inputs[2], np.zeros((1, 2))).predict(table.inputs[2])
    assert seen[0].tolist() == [*range(20), 19]
    assert answer.tolist() == [[19, 19]]  # what is not finite is not passed on


def test_a_season_that_a_history_does_not_hold_twice_is_none():
    shape = WindowShape(1, 100, 5, 1, season=12)
    assert (season_of(np.zeros(24), shape), season_of(np.zeros(23), shape)) == (12, 1)


def test_logarithms_are_taken_only_where_the_spread_grows_with_the_level():
    wave, level = np.tile([1.0, -1.0], 40), np.repeat(np.arange(1.0, 9.0), 10)
    assert spread_grows(level * (1 + 0.1 * wave), 10)
    assert not spread_grows(level + 0.1 * wave, 10)
    assert not spread_grows(level * wave, 10)  # values below 0
    assert not spread_grows(np.ones(80), 10)


def test_the_strength_of_a_season_is_its_share_of_what_is_not_trend():
    wave = np.tile([1.0, -1.0], 50)
    assert strength(wave, np.zeros(100)) == 1
    assert strength(np.zeros(100), wave) == 0


def test_many_series_to_fit_leave_the_slow_methods_out():
    few = suited_baselines("path", 5000, 1, has_windows=True, num_forecasts=arima.MOST_FORECASTS)
    assert set(METHODS) - set(few) == (set() if all_baselines()["ETS"].available() else set(METHODS))
    out = left_out_baselines("path", 5000, 1, has_windows=True, num_forecasts=2000)
    assert out == (
        f"ETS (more than {exponential_smoothing.MOST_FORECASTS} series to fit)",
        f"ARIMA (more than {arima.MOST_FORECASTS} series to fit)",
    )


@pytest.mark.parametrize("name", METHODS)
def test_without_the_package_the_extra_is_named(name, monkeypatch):
    for module in [one for one in sys.modules if one.split(".")[0] == "statsmodels"] + ["statsmodels"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"espalier\[series\]"):
        all_baselines()[name].build(table_of(np.ones((1, 1, 20)), 2), 0)


def test_trees_on_lags_read_the_same_step_of_the_season_before():
    rng = np.random.default_rng(0)
    season = rng.normal(0, 10, 12)  # another pattern than the window's last steps alone would tell
    series = np.tile(season, 60) + 0.3 * rng.normal(size=720)
    views = np.lib.stride_tricks.sliding_window_view(series, 48)
    table = table_of(views[:, None, :36], 12, season=12)
    table = TrainTable(table.inputs, (), views[:, None, 36:], "path", 0, table.shape)
    fitted = fit_baseline("boosted trees on lags", table.take(np.arange(400)), 0)
    test = table.take(np.arange(430, 600))
    assert np.abs(fitted.predict(test.inputs, np.arange(170)).values - test.target).mean() < 0.6


def test_trees_on_lags_learn_from_a_bounded_number_of_steps(monkeypatch):
    monkeypatch.setattr("espalier.evaluation.baselines.trees_on_lags.MAX_CELLS", 100)
    monkeypatch.setattr("espalier.evaluation.baselines.trees_on_lags.CHUNK_CELLS", 7)
    windows = np.random.default_rng(0).normal(size=(60, 2, 20))
    table = table_of(windows, 3)
    fitted = fit_baseline("boosted trees on lags", table, 0)
    prediction = fitted.predict(table.inputs, np.arange(60))
    assert prediction.values.shape == (60, 2, 3)
    assert np.isfinite(prediction.values).all()
