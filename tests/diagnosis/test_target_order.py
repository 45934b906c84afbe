import numpy as np
import pytest
import torch
from scipy.stats import chi2_contingency

from espalier.diagnosis.target_order import TargetOrder


def surplus(batches):
    order = TargetOrder()
    for one in batches:
        order.add(one)
    return order.surplus()


def test_the_statistic_is_that_of_scipy():
    batches = [torch.as_tensor(np.random.default_rng(seed).integers(0, 4, 32)) for seed in range(20)]
    table = np.array([np.bincount(one, minlength=4) for one in batches])
    expected = chi2_contingency(table)
    assert surplus(batches) == (pytest.approx(expected.statistic / expected.dof), pytest.approx(expected.pvalue))


def test_shuffled_rows_of_many_rare_classes_are_no_surplus():
    stream = np.random.default_rng(0)
    batches = [torch.as_tensor(stream.zipf(1.5, 32).clip(max=500)) for _ in range(64)]
    assert surplus(batches)[0] < 1.5


def test_sorted_rows_are_a_surplus_of_about_a_batch():
    factor, p = surplus(torch.arange(640).div(64, rounding_mode="floor").split(32))
    assert factor > 20 and p < 1e-6


@pytest.mark.parametrize("target", [torch.randn(32), torch.zeros(32), torch.randint(0, 2, (32, 5)), None])
def test_quantities_constants_and_labels_say_nothing(target):
    assert surplus([target] * 20) == (1.0, 1.0)
