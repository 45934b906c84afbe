"""The range test: the rate that it picks, and that it leaves the model as it was."""

import pytest
import torch
from torch import nn

from espalier.core.plan import LearningPlan
from espalier.tasks.regression import Regression
from espalier.training import range_test
from espalier.training.range_test import find_learning_rate


def test_the_rate_lies_a_thirtieth_below_the_lowest_loss_and_the_sentence_says_so():
    rates = [10.0**-power for power in torch.linspace(5, 0, 60).tolist()]
    losses = [1.0 - 0.01 * number if number <= 40 else 0.6 + number for number in range(60)]
    found = range_test._pick(rates, losses)
    assert found.rate == pytest.approx(rates[40] / 30, rel=0.05)
    assert found.reason == f"range test over 60 steps: the loss is lowest at {rates[40]:.1e}; a thirtieth of that is taken"


def test_a_loss_that_never_falls_gives_the_usual_rate():
    found = range_test._pick([1e-5] * 60, [1.0 + 0.1 * number for number in range(60)])
    assert found.rate == range_test.USUAL_RATE
    assert "did not fall" in found.reason


def test_model_and_random_state_stay_as_they_were():
    torch.manual_seed(0)
    x = torch.randn(64, 3)
    model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    weights = [weight.clone() for weight in model.parameters()]
    state = torch.get_rng_state()
    found = find_learning_rate(model, Regression(), [(x, x.sum(1))], LearningPlan())
    assert 1e-5 < found.rate < 0.1
    assert all(torch.equal(old, new) for old, new in zip(weights, model.parameters(), strict=True))
    assert torch.equal(state, torch.get_rng_state())
