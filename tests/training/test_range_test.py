"""The range test: the rate that it picks, and that it leaves the model as it was."""

import pytest
import torch

from espalier.core.plan import LearningPlan
from espalier.training import range_test
from espalier.training.range_test import find_learning_rate
from training.toys import LineTask, line_batches, small_net


def test_a_lucky_first_batch_does_not_end_the_range_test():
    losses = [0.1, 2.0] + [1.0 - 0.01 * step for step in range(60)] + [3.0] * 10
    rates = [1e-5 * 1.1**step for step in range(len(losses))]
    picked = range_test._pick(rates, losses)
    assert picked.rate == pytest.approx(rates[61] / 30, rel=0.05)


def test_a_loss_that_never_falls_gets_the_usual_rate():
    picked = range_test._pick([1e-5 * 1.1**step for step in range(60)], [1.0 + 0.01 * step for step in range(60)])
    assert picked.rate == range_test.USUAL_RATE and "did not fall" in picked.reason


def test_the_range_test_picks_a_rate_that_learns_and_touches_nothing():
    model = small_net()
    state, before = torch.get_rng_state(), model[0].weight.detach().clone()
    test = find_learning_rate(model, LineTask(), line_batches(400, 8), LearningPlan(optimizer="adamw"))
    assert 1e-3 < test.rate < 0.3 and "a thirtieth of that" in test.reason
    assert len(test.rates) == len(test.losses) and list(test.rates) == sorted(test.rates)
    assert torch.equal(state, torch.get_rng_state()) and torch.equal(before, model[0].weight)
