"""Our arithmetic against scikit-learn and SciPy."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from espalier.diagnosis.significance import auc, auc_z, discoveries, p_value, z_of_mean, z_of_shares


def test_auc_agrees_with_scikit_learn_also_with_ties():
    stream = np.random.default_rng(0)
    for _ in range(20):
        positive = stream.random(60) < 0.3
        score = stream.integers(0, 8, 60).astype(float)
        assert auc(positive, score) == pytest.approx(roc_auc_score(positive, score), abs=1e-12)


def test_auc_of_one_class_is_one_half():
    assert auc(np.array([True, True]), np.array([0.2, 0.7])) == 0.5


def test_auc_z_has_the_spread_of_the_rank_sum_test():
    stream = np.random.default_rng(0)
    values = [auc_z(auc(np.arange(50) < 20, stream.random(50)), 20, 30) for _ in range(2000)]
    assert np.mean(values) == pytest.approx(0, abs=0.08)
    assert np.std(values) == pytest.approx(1, abs=0.05)


def test_p_value_agrees_with_scipy():
    assert p_value(2.3) == pytest.approx(stats.norm.sf(2.3), rel=1e-12)


def test_discoveries_agree_with_scipys_adjusted_values():
    stream = np.random.default_rng(0)
    for rate in (0.01, 0.1):
        values = np.concatenate([stream.random(30), stream.random(10) * 1e-3])
        adjusted = stats.false_discovery_control(values, method="bh")
        assert discoveries(values, rate).tolist() == (adjusted <= rate).tolist()


def test_no_values_give_no_discoveries():
    assert discoveries([]).tolist() == []


def test_z_of_mean_has_the_probability_of_students_t():
    values = np.array([0.3, 0.5, -0.1, 0.4])
    expected = stats.ttest_1samp(values, 0, alternative="greater").pvalue
    assert p_value(z_of_mean(values)) == pytest.approx(expected, rel=1e-9)
    assert z_of_mean(-values) == pytest.approx(-z_of_mean(values))


def test_z_of_mean_stays_finite_for_a_sure_effect():
    assert 30 < z_of_mean(1 + 1e-9 * np.arange(200)) < 40


def test_z_of_shares_is_that_of_the_pooled_test():
    expected = np.sqrt(stats.chi2_contingency([[8, 60], [2, 298]], correction=False).statistic)
    assert z_of_shares(8 / 68, 68, 2 / 300, 300) == pytest.approx(expected, rel=1e-9)
    assert z_of_shares(0.0, 10, 0.0, 10) == 0.0
