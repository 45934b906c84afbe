"""Metrics of quantities and counts agree with scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as reference

from espalier.core.batch import Prediction
from espalier.evaluation.metrics.counts import poisson_deviance
from espalier.evaluation.metrics.metric import Metric, legal_metrics
from espalier.evaluation.metrics.numbers import coverage, mae, mape, pinball, r2, rmse


def drawn(num_rows=300, seed=0, offset=5.0):
    rng = np.random.default_rng(seed)
    target = rng.gamma(2, 3, num_rows) + offset
    return target, Prediction(np.arange(num_rows), target + rng.normal(size=num_rows)), rng.random(num_rows)


PAIRS = [
    (mae, reference.mean_absolute_error),
    (rmse, reference.root_mean_squared_error),
    (r2, reference.r2_score),
    (mape, reference.mean_absolute_percentage_error),
    (poisson_deviance, reference.mean_poisson_deviance),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("offset", [5.0, 1e6])
@pytest.mark.parametrize(("metric", "judge"), PAIRS, ids=lambda one: getattr(one, "name", ""))
def test_metrics_of_quantities_agree_with_scikit_learn(metric, judge, offset, weighted):
    target, prediction, weight = drawn(offset=offset)
    weight = weight if weighted else None
    expected = judge(target, prediction.values, sample_weight=weight)
    assert metric.measure(target, prediction, weight) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_pinball_loss_agrees_with_scikit_learn(weighted):
    target, prediction, weight = drawn()
    weight = weight if weighted else None
    levels = (0.1, 0.5, 0.8)
    quantiles = prediction.values[:, None] + np.array([-1.0, 0.2, 1.0])
    expected = [
        reference.mean_pinball_loss(target, quantiles[:, i], alpha=level, sample_weight=weight)
        for i, level in enumerate(levels)
    ]
    with_quantiles = Prediction(prediction.rows, prediction.values, quantiles=quantiles)
    assert pinball(levels).measure(target, with_quantiles, weight) == pytest.approx(np.mean(expected))


def test_coverage_is_the_share_of_rows_between_the_outermost_quantiles():
    target = np.array([1.0, 2, 3, 4])
    quantiles = np.array([[0.0, 1, 2]] * 4)
    prediction = Prediction(np.arange(4), quantiles[:, 1], quantiles=quantiles)
    assert coverage((0.1, 0.5, 0.9)).measure(target, prediction) == 0.5
    assert coverage((0.1, 0.5, 0.9)).measure(target, prediction, np.array([3.0, 1, 1, 1])) == pytest.approx(4 / 6)


def test_counts_of_zero_have_a_deviance_and_predicted_zeros_stay_finite():
    target, values = np.array([0.0, 3, 1]), np.array([0.5, 2, 1])
    expected = reference.mean_poisson_deviance(target, values)
    assert poisson_deviance.measure(target, Prediction(np.arange(3), values)) == pytest.approx(expected)
    assert np.isfinite(poisson_deviance.measure(target, Prediction(np.arange(3), np.zeros(3))))


def test_metrics_are_left_out_where_they_have_no_meaning():
    assert legal_metrics([rmse, mape], np.array([1.0, 0.0])) == (rmse,)
    assert legal_metrics([rmse, r2], np.array([1.0, 1.0])) == (rmse,)
    assert legal_metrics([poisson_deviance, mae], np.array([-1.0, 1.0])) == (mae,)


@pytest.mark.parametrize("metric", [one for one, _ in PAIRS], ids=lambda one: one.name)
def test_many_weightings_at_once_equal_one_after_the_other(metric):
    target, prediction, _ = drawn(offset=1000)
    weights = np.random.default_rng(1).integers(0, 3, (300, 5)).astype(np.float32)
    single = [metric.measure(target, prediction, column) for column in weights.T]
    np.testing.assert_allclose(metric.measure_many(target, prediction, weights), single, rtol=1e-4)


def test_an_engineers_own_metric_that_takes_one_weighting_is_called_for_each():
    own = Metric("median_error", lambda t, p, w: np.median(np.abs(t - p.values)[w > 0]), False, "Half.", vectorised=False)
    target, prediction, _ = drawn()
    assert own.measure_many(target, prediction, np.ones((300, 3))).tolist() == [own.measure(target, prediction)] * 3
