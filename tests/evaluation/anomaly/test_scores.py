import numpy as np
import pytest

from espalier.core.errors import PlanError
from espalier.evaluation.anomaly.scores import as_prediction, choose_level, in_levels, with_level
from espalier.evaluation.metrics.alarms import alarm_share

SCORES = np.array([0.0, 0.5, 1.0, 4.0, 1e6])


def test_a_score_comes_back_in_levels_and_above_one_is_an_alarm():
    prediction = as_prediction(np.arange(5), SCORES, 2.0)
    np.testing.assert_allclose(in_levels(prediction), SCORES / 2, rtol=1e-9)
    assert prediction.values.tolist() == [0, 0, 0, 1, 1]
    assert alarm_share.measure(np.zeros(5), prediction) == 0.4


def test_another_level_keeps_the_scores():
    moved = with_level(as_prediction(np.arange(5), SCORES, 1.0), 0.25)
    np.testing.assert_allclose(in_levels(moved), SCORES / 0.25, rtol=1e-9)
    assert moved.values.tolist() == [0, 1, 1, 1, 1]


def test_a_level_of_zero_flags_all_that_scores_above_it():
    prediction = as_prediction(np.arange(2), np.array([0.0, 1e-3]), 0.0)
    assert prediction.values.tolist() == [0, 1] and np.isfinite(in_levels(prediction)).all()


def test_the_level_leaves_the_share_that_was_asked_for_above_it():
    normal = np.random.default_rng(0).gamma(2, 1, 5000)
    assert (normal > choose_level(normal, "quantile", 0.02).value).mean() == pytest.approx(0.02, abs=1e-3)
    risky = choose_level(normal, "extreme", 0.001)
    assert 5 < risky.value < 12 and "extreme-value theory" in risky.reason


def test_of_few_normal_rows_the_highest_score_is_the_level():
    level = choose_level(np.arange(20.0), "quantile", 0.01)
    assert level.value == 19 and "too few to leave 1.00% of them above it" in level.reason


def test_the_extreme_level_refuses_few_rows_and_large_risks():
    with pytest.raises(PlanError, match="20 normal rows .* expected at least 1,000 rows"):
        choose_level(np.arange(20.0), "extreme", 0.001)
    with pytest.raises(PlanError, match="a risk below 0.02"):
        choose_level(np.random.default_rng(0).random(5000), "extreme", 0.05)
