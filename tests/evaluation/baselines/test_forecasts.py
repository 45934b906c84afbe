"""Baselines of forecasts: each answers what its rule says, on windows made by hand; ridge agrees with scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from espalier.core.errors import InputError
from espalier.evaluation.baselines.baseline import left_out_baselines, suited_baselines
from espalier.evaluation.baselines.fit import fit_baseline
from espalier.evaluation.baselines.ridge_on_lags import RidgeOnLags
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape


def table_of(windows, target, season=1, look_back=0):
    """A table of windows (N, C, L) and targets (N, V, H)."""
    windows, target = np.asarray(windows, np.float32), np.asarray(target, float)
    shape = WindowShape(windows.shape[1], windows.shape[2], target.shape[2], target.shape[1], season, look_back)
    inputs = (np.zeros((len(windows), 1)), np.zeros((len(windows), 0), int), windows.reshape(len(windows), -1))
    return TrainTable(inputs, (), target, "path", 0, shape)


def answer(name, window, horizon=3, season=1):
    """The forecast for one window of one variable."""
    table = table_of([[window]], np.full((1, 1, horizon), 7.0), season)
    return fit_baseline(name, table, 0).predict(table.inputs, np.arange(1)).values[0, 0].tolist()


@pytest.mark.parametrize(
    ("name", "window", "expected"),
    [
        ("naive", [1, 2, 5], [5, 5, 5]),
        ("naive", [1, 2, np.nan], [2, 2, 2]),
        ("naive", [np.nan, np.nan, np.nan], [7, 7, 7]),  # the mean of the training part
        ("seasonal naive", [9, 1, 2], [1, 2, 1]),
        ("seasonal naive", [9, 1, np.nan], [1, 1, 1]),
        ("drift", [1, 2, 5], [7, 9, 11]),
        ("drift", [np.nan, 2, 5], [8, 11, 14]),
        ("drift", [np.nan, np.nan, 5], [5, 5, 5]),
        ("mean of the window", [1, 2, 6], [3, 3, 3]),
        ("mean of the window", [np.nan, 2, 6], [4, 4, 4]),
    ],
)
def test_a_rule_answers_what_it_says(name, window, expected):
    assert answer(name, window, season=2) == expected


def test_a_season_longer_than_the_window_repeats_the_window():
    assert answer("seasonal naive", [1, 2, 3], horizon=4, season=10) == [1, 2, 3, 1]


def autoregression(num_steps=600, num_variables=2, seed=0):
    """Steps that follow from the two before, and noise: (T, V)."""
    rng = np.random.default_rng(seed)
    series = np.zeros((num_steps, num_variables))
    for step in range(2, num_steps):
        series[step] = 1.2 * series[step - 1] - 0.5 * series[step - 2] + rng.normal(size=num_variables)
    return series * np.array([1, 100])[:num_variables] + 50


def windows_of(series, length, horizon):
    """All windows (N, V, length) of a series (T, V) and the steps after them (N, V, horizon)."""
    views = np.lib.stride_tricks.sliding_window_view(series, length + horizon, axis=0)
    return views[..., :length], views[..., length:]


def test_ridge_finds_the_weights_of_an_autoregression():
    windows, target = windows_of(autoregression(5000, 1), 4, 1)
    fitted = fit_baseline("ridge on lags", table_of(windows, target), 0).estimators[0]
    # relative to the last value, y = 1.2 a - 0.5 b is y - a = -0.5 (b - a) - 0.3 (a - m): the constant stands for the rest
    assert fitted.weights[2, 0] == pytest.approx(-0.5, abs=0.15)


def test_ridge_without_penalty_is_least_squares(monkeypatch):
    monkeypatch.setattr("espalier.evaluation.baselines.ridge_on_lags.PENALTIES", (1e-12,))
    windows, target = windows_of(autoregression(), 6, 3)
    table = table_of(windows, target)
    ours = fit_baseline("ridge on lags", table, 0).predict(table.inputs, np.arange(len(table))).values
    scale = np.sqrt(((windows - windows[..., -1:]) ** 2).mean(axis=(0, 2)))[:, None]
    lags = ((windows - windows[..., -1:]) / scale)[..., :-1].reshape(-1, 5)
    steps = ((target - windows[..., -1:]) / scale).reshape(-1, 3)
    theirs = LinearRegression().fit(lags, steps).predict(lags).reshape(target.shape) * scale + windows[..., -1:]
    np.testing.assert_allclose(ours, theirs, rtol=1e-3)


def test_ridge_does_not_depend_on_the_units_of_a_variable():
    windows, target = windows_of(autoregression(), 6, 3)
    units = np.array([1000.0, 0.01])[:, None]
    plain, other = (table_of(windows * one, target * one) for one in (np.ones((2, 1)), units))
    first, second = (fit_baseline("ridge on lags", one, 0).predict(one.inputs, np.arange(len(one))) for one in (plain, other))
    np.testing.assert_allclose(second.values, first.values * units, rtol=1e-3)


def test_ridge_serves_a_panel_of_series_of_any_size():
    pairs = [windows_of(autoregression(200, 1, seed) * size, 6, 3) for seed, size in enumerate((1, 1000, 1e-3, 1e5))]
    windows, target = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    table = table_of(windows, target)
    fitted = fit_baseline("ridge on lags", table, 0)
    assert fitted.estimators[0].each
    wrong = np.abs(fitted.predict(table.inputs, np.arange(len(table))).values - target).mean(axis=(1, 2))
    naive = np.abs(windows[..., -1:] - target).mean(axis=(1, 2))
    for part in np.split(np.arange(len(table)), 4):
        assert wrong[part].mean() < naive[part].mean()


def test_ridge_reads_no_further_back_than_it_is_told():
    windows, target = windows_of(autoregression(), 10, 2)
    table = table_of(windows, target, look_back=4)
    fitted = fit_baseline("ridge on lags", table, 0)
    changed = windows.copy()
    changed[..., :6] = 0
    first = fitted.predict(table.inputs, np.arange(len(table)))
    second = fitted.predict(table_of(changed, target).inputs, np.arange(len(table)))
    np.testing.assert_array_equal(first.values, second.values)


def test_ridge_learns_from_one_row_and_from_targets_that_are_hardly_known():
    windows, target = windows_of(autoregression(30), 6, 3)
    one = table_of(windows[:1], target[:1])
    assert np.isfinite(fit_baseline("ridge on lags", one, 0).predict(one.inputs, np.arange(1)).values).all()
    unknown = table_of(windows, np.full_like(target, np.nan))
    naive = fit_baseline("ridge on lags", unknown, 0).predict(unknown.inputs, np.arange(len(unknown))).values
    np.testing.assert_allclose(naive, np.repeat(windows[..., -1:].astype(np.float32), 3, axis=2), rtol=1e-6)


def test_moments_give_the_error_of_any_weights():
    windows, target = windows_of(autoregression(), 6, 3)
    estimator = RidgeOnLags(WindowShape(2, 6, 3, 2))
    flat = windows.reshape(len(windows), -1), target.reshape(len(target), -1)
    estimator.fit(*flat)
    scale = estimator.scales[:, None]
    gap = (target - estimator.predict(flat[0]).reshape(target.shape)) / scale
    assert estimator._moments(*flat).error(estimator.weights) == pytest.approx((gap**2).sum())


def test_a_part_of_the_rows_stays_in_the_order_of_time(monkeypatch):
    monkeypatch.setattr("espalier.evaluation.baselines.fit.CELLS", 600)
    seen = []
    monkeypatch.setattr(RidgeOnLags, "fit", lambda self, matrix, target: seen.append(target) or self)
    series = np.arange(300.0)[:, None]
    fitted = fit_baseline("ridge on lags", table_of(*windows_of(series, 6, 3)), 0)
    assert (fitted.num_rows, len(seen[0])) == (100, 100)
    assert (np.diff(seen[0][:, 0]) > 0).all()


def test_trials_ask_for_no_more_steps_than_tell_the_time(monkeypatch):
    monkeypatch.setattr("espalier.evaluation.baselines.fit.PREDICT_STEPS", 90)
    asked, predict = [], RidgeOnLags.predict
    monkeypatch.setattr(RidgeOnLags, "predict", lambda self, matrix: asked.append(len(matrix)) or predict(self, matrix))
    table = table_of(*windows_of(np.random.default_rng(0).normal(size=(4500, 1)), 6, 3))
    fitted = fit_baseline("ridge on lags", table, 0, max_seconds=30)
    assert fitted.num_rows == len(table)
    assert set(asked) == {30}


def test_without_a_season_the_seasonal_forecast_is_left_out():
    assert "seasonal naive" in suited_baselines("path", 1000, 1, has_windows=True, season=12)
    assert "seasonal naive" not in suited_baselines("path", 1000, 1, has_windows=True, season=1)
    assert "seasonal naive (no season)" in left_out_baselines("path", 1000, 1, has_windows=True, season=1)


def test_a_table_without_windows_is_refused():
    table = TrainTable((np.zeros((3, 1)), np.zeros((3, 0), int)), (), np.zeros((3, 1, 2)), "path")
    with pytest.raises(InputError, match="reads windows of series, and the table has none"):
        fit_baseline("naive", table, 0)
