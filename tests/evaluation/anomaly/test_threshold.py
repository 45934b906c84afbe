"""Thresholds from normal scores: they keep the rate that was asked for, on scores not seen."""

import numpy as np
import pytest
from scipy import stats

from espalier.core.errors import InputError
from espalier.evaluation.anomaly.threshold import extreme_level, fit_tail, quantile_level


def test_the_quantile_flags_the_share_that_was_asked_for():
    rng = np.random.default_rng(0)
    level = quantile_level(rng.normal(size=20_000), false_alarms=0.02)
    assert level.flag(rng.normal(size=20_000)).mean() == pytest.approx(0.02, abs=0.003)
    assert level.reason.startswith("2.00% of 20,000 normal steps score above")


@pytest.mark.parametrize(
    "draw",
    [stats.norm(), stats.expon(), stats.t(4), stats.beta(2, 4), stats.lognorm(0.5)],
    ids=["normal", "exponential", "student", "beta", "lognormal"],
)
def test_the_extreme_level_keeps_risks_smaller_than_the_data_show(draw):
    found = [extreme_level(draw.rvs(5000, random_state=seed), risk=1e-4).value for seed in range(12)]
    risks = draw.sf(found)
    assert 3e-5 < np.median(risks) < 3e-4


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.25, 0.6])
def test_the_tail_is_as_likely_as_scipys(shape):
    peaks = stats.genpareto(shape, scale=3).rvs(3000, random_state=1)
    ours, theirs = fit_tail(peaks), stats.genpareto.fit(peaks, floc=0)
    assert ours[0] == pytest.approx(shape, abs=0.06)
    assert stats.genpareto.logpdf(peaks, ours[0], scale=ours[1]).sum() >= stats.genpareto.logpdf(peaks, *theirs).sum() - 0.1


def test_the_exponential_is_kept_where_it_is_the_most_likely():
    shape, scale = fit_tail(-np.log((np.arange(200) + 0.5) / 200))
    assert shape == pytest.approx(0, abs=0.03)
    assert scale == pytest.approx(1, abs=0.03)


def test_scores_that_are_missing_do_not_count():
    scores = np.random.default_rng(0).normal(size=2000)
    assert quantile_level(np.append(scores, np.nan)) == quantile_level(scores)


def test_too_few_normal_scores_are_refused():
    with pytest.raises(InputError, match=r"50 scores of normal steps for a share of 0.01; expected at least 100"):
        quantile_level(np.arange(50.0))
    with pytest.raises(InputError, match="2 of 100 scores of normal steps are in the tail; expected at least 20"):
        extreme_level(np.arange(100.0))
    with pytest.raises(InputError, match="0 of 0 scores"):
        extreme_level(np.empty(0))


def test_a_risk_that_needs_no_tail_is_refused():
    with pytest.raises(InputError, match=r"A risk of 0.05 and a tail above the 0.98 quantile"):
        extreme_level(np.arange(5000.0), risk=0.05)
