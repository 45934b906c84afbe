import pytest
import torch

from espalier.training.schedules import SHAPES, make_schedule


@pytest.mark.parametrize("name", SHAPES)
def test_every_factor_lies_between_0_and_1(name):
    schedule = make_schedule(name, 50, warmup_fraction=0.1)
    assert all(0 <= schedule(step) <= 1 for step in range(60))
    assert schedule(0) < schedule(4)


def test_cosine_agrees_with_torch():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=19)
    ours = make_schedule("cosine", 20)
    for step in range(20):
        assert ours(step) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-9)
        optimizer.step()
        theirs.step()


def test_one_cycle_agrees_with_torch():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=2001, cycle_momentum=False)
    ours = make_schedule("one-cycle", 2001)
    for step in range(2001):
        # torch turns one step earlier than 30 % of the way, so the two differ by the change of a step or two
        assert ours(step) == pytest.approx(optimizer.param_groups[0]["lr"], abs=4e-3)
        optimizer.step()
        if step < 2000:
            theirs.step()


def test_step_falls_to_a_tenth_at_half_and_at_three_quarters():
    schedule = make_schedule("step", 101)
    assert [schedule(step) for step in (49, 50, 75)] == pytest.approx([1.0, 0.1, 0.01])


def test_one_step_is_enough():
    assert make_schedule("cosine", 1)(0) == 1.0
