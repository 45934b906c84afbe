import pytest
from scipy.stats import binomtest

from espalier.evaluation.proportions import wilson


@pytest.mark.parametrize(("hits", "count"), [(0, 1), (0, 20), (7, 20), (20, 20), (513, 1000)])
def test_intervals_of_shares_agree_with_scipy(hits, count):
    expected = binomtest(hits, count).proportion_ci(method="wilson")
    assert wilson(hits, count) == pytest.approx((expected.low, expected.high), abs=1e-7)


def test_wider_intervals_are_of_more_deviations():
    narrow, wide = wilson(7, 20), wilson(7, 20, deviations=3.0)
    assert wide[0] < narrow[0] < 0.35 < narrow[1] < wide[1]
