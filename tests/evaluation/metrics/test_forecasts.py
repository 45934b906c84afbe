"""Metrics of forecasts: hand-made numbers, cells that are not known, weights, scales."""

import numpy as np
import pytest

from espalier.core.batch import Prediction
from espalier.core.errors import InputError
from espalier.evaluation.metrics import forecasts, numbers
from espalier.evaluation.metrics.metric import legal_metrics

QUANTILES = (0.1, 0.5, 0.9)


def example(num_rows=40, num_variables=2, horizon=5, seed=0):
    """A target with holes, a forecast with quantiles."""
    rng = np.random.default_rng(seed)
    target = rng.normal(100, 20, (num_rows, num_variables, horizon))
    values = target + rng.normal(0, 5, target.shape)
    quantiles = np.sort(values[..., None] + rng.normal(0, 8, (*target.shape, len(QUANTILES))), axis=-1)
    target[rng.random(target.shape) < 0.1] = np.nan
    return target, Prediction(np.arange(num_rows), values, quantiles=quantiles)


def every_metric():
    scales = np.array([3.0, 7.0])
    made = (forecasts.mase(scales), forecasts.scaled_mse(scales), forecasts.scaled_mae(scales))
    asked = (forecasts.pinball(QUANTILES), forecasts.coverage(QUANTILES))
    return [forecasts.mae, forecasts.rmse, forecasts.mse, forecasts.smape, forecasts.r2, *made, *asked]


@pytest.mark.parametrize("metric", every_metric(), ids=lambda one: one.name)
def test_whole_weights_count_rows_as_often(metric):
    target, prediction = example()
    weights = np.random.default_rng(1).integers(0, 4, (len(target), 3)).astype(np.float64)
    many = metric.measure_many(target, prediction, weights)
    assert many.shape == (3,)
    for column, value in zip(weights.T, many, strict=True):
        rows = np.repeat(np.arange(len(target)), column.astype(int))
        assert value == pytest.approx(metric.measure(target[rows], prediction.take(rows)))
    single = metric.measure_many(target, prediction, weights.astype(np.float32))
    np.testing.assert_allclose(single, many, rtol=1e-4)


@pytest.mark.parametrize("metric", every_metric(), ids=lambda one: one.name)
def test_cells_that_are_not_known_do_not_count(metric):
    target, prediction = example()
    prediction.values[np.isnan(target)] = 1e9
    prediction.quantiles[np.isnan(target)] = -1e9
    assert metric.measure(target, prediction) == pytest.approx(metric.measure(*example()))
    assert np.isnan(metric.measure(np.full_like(target, np.nan), prediction))


def test_one_variable_one_step_is_as_for_quantities():
    rng = np.random.default_rng(0)
    target, values, quantiles = rng.normal(9, 2, 50), rng.normal(9, 2, 50), np.sort(rng.normal(9, 2, (50, 3)), axis=1)
    flat = Prediction(np.arange(50), values, quantiles=quantiles)
    path = Prediction(np.arange(50), values[:, None, None], quantiles=quantiles[:, None, None])
    for ours, theirs in (
        (forecasts.mae, numbers.mae),
        (forecasts.rmse, numbers.rmse),
        (forecasts.r2, numbers.r2),
        (forecasts.pinball(QUANTILES), numbers.pinball(QUANTILES)),
        (forecasts.coverage(QUANTILES), numbers.coverage(QUANTILES)),
    ):
        assert ours.measure(target[:, None, None], path) == pytest.approx(theirs.measure(target, flat))


def test_smape_is_that_of_the_m4_competition():
    target, forecast = np.array([[[100.0, 200.0]]]), np.array([[[110.0, 180.0]]])
    by_hand = (2 * 10 / 210 + 2 * 20 / 380) / 2
    assert forecasts.smape.measure(target, Prediction(np.arange(1), forecast)) == pytest.approx(by_hand)


def test_smape_has_no_meaning_where_a_value_is_negative():
    target, _ = example()
    assert forecasts.smape in legal_metrics([forecasts.smape], target)
    target[3, 1, 2] = -0.1
    assert legal_metrics([forecasts.smape, forecasts.mae], target) == (forecasts.mae,)


def test_the_seasonal_naive_forecast_of_a_steady_series_has_a_mase_of_about_one():
    rng = np.random.default_rng(0)
    season = np.tile([10.0, 20.0, 40.0, 15.0], 100)[:, None] + rng.normal(0, 1, (400, 1))
    scales = forecasts.seasonal_scales(season[:300], 4)
    target = season[300:].reshape(25, 1, 4)
    prediction = Prediction(np.arange(25), season[296:396].reshape(25, 1, 4))
    assert forecasts.mase(scales).measure(target, prediction) == pytest.approx(1, abs=0.15)


def test_a_panel_has_a_scale_for_each_series():
    target = np.array([[[2.0]], [[20.0]], [[4.0]]])
    prediction = Prediction(np.array([10, 11, 12]), np.zeros((3, 1, 1)))
    metric = forecasts.mase(np.array([[1.0], [10.0]]), series=lambda rows: (rows == 11).astype(int))
    assert metric.measure(target, prediction) == pytest.approx((2 + 2 + 4) / 3)


def test_a_constant_variable_does_not_count_where_errors_are_divided():
    target = np.ones((4, 2, 3))
    prediction = Prediction(np.arange(4), np.stack([np.full((4, 3), 3.0), np.full((4, 3), 9.0)], axis=1))
    assert forecasts.mase(np.array([2.0, 0.0])).measure(target, prediction) == pytest.approx(1.0)
    assert legal_metrics([forecasts.mase(np.array([0.0, np.nan]))], target) == ()
    assert legal_metrics([forecasts.r2], target) == ()


def test_scales_leave_out_steps_that_are_not_known():
    train = np.array([[1.0, 5.0], [np.nan, 5.0], [3.0, 9.0], [4.0, 5.0]])
    np.testing.assert_allclose(forecasts.seasonal_scales(train, 1), [1.0, (0 + 4 + 4) / 3])
    np.testing.assert_allclose(forecasts.seasonal_scales(train, 2), [2.0, (4 + 0) / 2])


def test_a_season_longer_than_the_training_part_is_refused():
    with pytest.raises(InputError, match="A season of 12 steps in a training part of 10"):
        forecasts.seasonal_scales(np.ones((10, 1)), 12)
