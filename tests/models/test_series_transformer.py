import math

import pytest
import torch

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError
from espalier.models.layers.positions import sinusoids


def built(**options):
    torch.manual_seed(0)
    return architectures()["series-transformer-tiny"].build({"in_channels": 3, "num_outputs": 2}, options)


def test_positions_are_sines_and_cosines_of_ever_longer_waves():
    positions = sinusoids(5, 4, torch.zeros(1))
    for place in range(5):
        expected = [math.sin(place), math.cos(place), math.sin(place / 100), math.cos(place / 100)]
        torch.testing.assert_close(positions[place], torch.tensor(expected))


def test_steps_are_told_apart_by_their_place():
    model, series = built().eval(), torch.randn(1, 3, 12)
    assert not torch.allclose(model(series), model(series.flip(2)), atol=1e-4)


def test_every_step_can_be_seen_from_the_answer():
    series = torch.randn(1, 3, 30, requires_grad=True)
    built(pooling="last").eval()(series).sum().backward()
    assert series.grad.abs().sum(dim=1).min() > 0


def test_an_odd_width_is_refused():
    with pytest.raises(PlanError, match="width is 15, expected an even number"):
        built(width=15, num_heads=3)


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(PlanError, match="width is 16, expected a multiple of num_heads, which is 3"):
        built(num_heads=3)
