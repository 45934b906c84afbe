"""Paired gains against NumPy, line by line."""

from statistics import NormalDist

import numpy as np
import pytest

from espalier.core.seeds import numpy_stream
from espalier.evaluation.paired_gains import FEWEST_PAIRS, NUM_RESAMPLES, mean_interval, sign_flip_p

GAINS = [0.04, 0.11, -0.02, 0.07, 0.15, 0.03, 0.09]


def test_the_share_of_flips_is_counted_as_by_hand():
    values, reached = np.array(GAINS), 0
    for number in range(2 ** len(values)):
        signs = np.array([1 if number >> bit & 1 else -1 for bit in range(len(values))])
        reached += (signs * values).sum() >= values.sum() - 1e-12
    assert sign_flip_p(GAINS) == reached / 2 ** len(values)


@pytest.mark.parametrize("num", [1, 3, 5, 8])
def test_gains_that_are_all_above_0_have_one_way_of_all(num):
    assert sign_flip_p([0.1 + place / 10 for place in range(num)]) == 0.5**num


def test_fewer_than_five_pairs_never_reach_one_in_twenty():
    assert 0.5**FEWEST_PAIRS < 0.05 < 0.5 ** (FEWEST_PAIRS - 1)


def test_losses_are_as_unlikely_as_gains_the_other_way():
    assert sign_flip_p([-0.1, -0.2, -0.3]) == 1.0
    assert sign_flip_p([0.0, 0.0]) == 1.0


def test_equal_sums_count_in_spite_of_rounding():
    assert sign_flip_p([0.1, 0.2, 0.3]) == sign_flip_p([1, 2, 3]) == 0.125
    assert sign_flip_p([0.1, 0.2, -0.3]) == sign_flip_p([1, 2, -3])


@pytest.mark.parametrize("gains", [[], [0.1] * 17])
def test_no_pairs_and_too_many_are_refused(gains):
    with pytest.raises(ValueError, match=f"{len(gains)} paired gains; expected 1 to 16"):
        sign_flip_p(gains)


def test_the_interval_is_bca_of_the_mean():
    values, normal = np.array(GAINS), NormalDist()
    drawn = numpy_stream(0, "paired gains").integers(0, len(values), size=(NUM_RESAMPLES, len(values)))
    means = np.array([values[one].mean() for one in drawn])
    below = (np.sum(means < values.mean()) + np.sum(means == values.mean()) / 2) / NUM_RESAMPLES
    bias = normal.inv_cdf(below)
    without = np.array([np.delete(values, one).mean() for one in range(len(values))])
    pull = without.mean() - without
    acceleration = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5)
    ends = []
    for tail in (normal.inv_cdf(0.025), normal.inv_cdf(0.975)):
        level = normal.cdf(bias + (bias + tail) / (1 - acceleration * (bias + tail)))
        ends.append(np.quantile(means, level))
    assert mean_interval(GAINS) == pytest.approx(ends, rel=1e-9)


def test_equal_gains_leave_no_width():
    assert mean_interval([0.1] * 5) == pytest.approx((0.1, 0.1))
