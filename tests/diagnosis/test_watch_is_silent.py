"""Beside healthy loops the doctor raises no alarm, and changes nothing: not one bit of a weight, not one random number."""

from functools import cache
from inspect import isfunction, signature

import numpy as np
import pytest
import torch

from diagnosis import healthy_loops
from espalier.core.finding import Severity

LOOPS = {
    name: one for name, one in vars(healthy_loops).items() if isfunction(one) and list(signature(one).parameters) == ["watched"]
}

every_loop = pytest.mark.parametrize("name", sorted(LOOPS))


@cache
def trained(name, watched):
    """Return the weights, the random states at the end and the doctor of a loop."""
    np.random.seed(0)
    model, doctor = LOOPS[name](watched)
    return model.state_dict(), (torch.get_rng_state(), np.random.get_state()[1].tolist()), doctor


@every_loop
def test_a_healthy_loop_gets_no_alarm(name):
    _, _, doctor = trained(name, watched=True)
    assert [f"{one.id}: {one.sentence}" for one in doctor.findings if one.severity is not Severity.NOTE] == []


@every_loop
def test_weights_are_the_same_to_the_last_bit_with_and_without_the_doctor(name):
    plain, watched = trained(name, watched=False)[0], trained(name, watched=True)[0]
    assert plain.keys() == watched.keys()
    assert [key for key, value in plain.items() if not torch.equal(value, watched[key])] == []


@every_loop
def test_random_states_are_the_same_with_and_without_the_doctor(name):
    (plain_torch, plain_numpy), (watched_torch, watched_numpy) = (trained(name, watched=one)[1] for one in (False, True))
    assert torch.equal(plain_torch, watched_torch)
    assert plain_numpy == watched_numpy


@every_loop
def test_the_doctor_really_looked(name):
    _, _, doctor = trained(name, watched=True)
    assert doctor.problems == []
    assert doctor.wiring is not None
    assert doctor.wiring.weights
    assert doctor.course.samples


@every_loop
def test_the_loop_is_healthy_by_its_outcome(name):
    course = trained(name, watched=True)[2].course
    if course.prior_loss is not None:
        assert course.recent_loss < 0.5 * course.prior_loss


def test_no_loop_is_left_out():
    assert len(LOOPS) == 27
