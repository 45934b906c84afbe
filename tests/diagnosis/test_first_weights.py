"""First weights and first steps: what is told from their size, and models that look alike and are left alone."""

import copy

import pytest
import torch
from torch import nn

from diagnosis.wiring_examples import Through, classes, mlp, table, wiring_of
from espalier.core.finding import Severity
from espalier.diagnosis.checks.wiring import (
    first_step_too_large,
    large_first_weights,
    mostly_frozen,
    small_batch_norm,
    steps_too_small,
)
from espalier.diagnosis.first_weights import frozen_as_drawn, gains

BY_CLASS = nn.CrossEntropyLoss()


def frozen(model, *parts):
    """Return the finding on a model of which some parts are frozen."""
    for part in parts:
        part.requires_grad_(False)
    return mostly_frozen.check(wiring_of(model, table(), classes(), BY_CLASS))


def trained(model, steps=60):
    optimizer, x = torch.optim.Adam(model.parameters(), lr=1e-2), table()
    for _ in range(steps):
        optimizer.zero_grad()
        BY_CLASS(model(x), classes()).backward()
        optimizer.step()
    return model


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Linear(16, 16),
        lambda: nn.Conv2d(4, 8, 3),
        lambda: nn.GRU(4, 16),
        lambda: nn.LSTM(4, 16),
        lambda: nn.MultiheadAttention(16, 2),
        lambda: nn.Embedding(100, 8, padding_idx=0),
    ],
)
def test_new_layers_of_torch_are_known_when_they_are_frozen(make):
    found = 0
    for seed in range(20):
        torch.manual_seed(seed)
        found += bool(frozen_as_drawn(make().requires_grad_(False)))
    assert found >= 19  # of an embedding alone it is a matter of chance


def test_a_layer_frozen_before_it_was_trained_is_a_warning_and_a_trained_one_a_note():
    new, learnt = mlp(), trained(mlp())
    assert frozen(new, new[0]).severity is Severity.WARN
    assert frozen(learnt, learnt[0]).severity is Severity.NOTE


def test_a_frozen_copy_of_trained_weights_and_a_base_with_adapters_were_meant():
    model = mlp()
    model.add_module("before", copy.deepcopy(model[0]).requires_grad_(False))
    assert frozen_as_drawn(model) == ()
    adapted = Through(lambda self, x: self.base(x) + x @ self.down, base=nn.Linear(8, 8).requires_grad_(False))
    adapted.down = nn.Parameter(torch.zeros(8, 8))
    assert frozen_as_drawn(nn.Sequential(adapted, nn.Linear(8, 3))) == ()


def wide(first):
    """Return a model of which the first layer is a small part."""
    return nn.Sequential(first, nn.ReLU(), nn.Linear(first.out_features, 2000), nn.ReLU(), nn.Linear(2000, 3))


def test_a_small_first_layer_frozen_before_it_was_trained_is_a_warning_and_a_trained_one_passes():
    new = wide(nn.Linear(5, 16))
    assert frozen(new, new[0]).severity is Severity.WARN
    with torch.no_grad():
        new[0].weight *= 3
    assert frozen(new, new[0]) is None
    places = nn.Sequential(nn.Embedding(20, 8), nn.Linear(8, 2000)).requires_grad_(True)
    places[0].requires_grad_(False)
    assert frozen_as_drawn(places) == ()


class Bottleneck(nn.Module):
    """An adapter behind a layer (Houlsby et al. 2019, arXiv 1902.00751)."""

    def __init__(self, width, is_zero):
        super().__init__()
        self.down, self.up = nn.Linear(width, 4), nn.Linear(4, width)
        if is_zero:
            nn.init.zeros_(self.up.weight)

    def forward(self, x):
        return x + self.up(torch.relu(self.down(x)))


@pytest.mark.parametrize(("num_adapters", "is_zero"), [(1, True), (2, False)])
def test_adapters_in_a_base_that_was_never_trained_are_a_note(num_adapters, is_zero):
    adapters = [Bottleneck(32, is_zero) if place < num_adapters else nn.Identity() for place in range(2)]
    base = nn.Linear(5, 32), nn.Linear(32, 32)
    model = nn.Sequential(base[0], adapters[0], base[1], adapters[1], nn.Linear(32, 3))
    assert frozen(model, *base).severity is Severity.NOTE
    assert "never trained" in frozen(model, *base).sentence


def test_a_head_that_begins_at_zero_is_no_adapter():
    model = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 3))
    nn.init.zeros_(model[-1].weight)
    assert frozen(model, model[0]).severity is Severity.WARN


@pytest.mark.parametrize(
    "draw",
    [
        nn.init.kaiming_normal_,
        nn.init.xavier_normal_,
        nn.init.orthogonal_,
        lambda weight: nn.init.kaiming_normal_(weight, mode="fan_out"),
        lambda weight: nn.init.xavier_uniform_(weight, gain=nn.init.calculate_gain("tanh")),
    ],
)
def test_usual_ways_to_draw_weights_are_not_large(draw):
    torch.manual_seed(0)
    for layer in (nn.Linear(256, 16), nn.Linear(16, 256), nn.Conv2d(96, 16, 1), nn.Conv2d(3, 32, 3)):
        draw(layer.weight)
        assert gains(layer) == {}


def test_weights_shared_with_an_embedding_are_not_large():
    model = nn.Sequential(nn.Embedding(50, 32), nn.Linear(32, 50, bias=False))
    assert max(gains(model[1:].requires_grad_(True)).values(), default=9.0) > large_first_weights.MAX_GAIN
    model[1].weight = model[0].weight
    assert gains(model) == {}


def first_step(optimizer, **more):
    return first_step_too_large.check(wiring_of(MODEL, table(), classes(), BY_CLASS, optimizer=optimizer, **more))


MODEL = mlp()


def test_the_first_step_of_sgd_is_known_by_its_gradients():
    gradients = {name: 10.0 * torch.ones_like(weight) for name, weight in MODEL.named_parameters()}
    assert first_step(torch.optim.SGD(MODEL.parameters(), lr=1.0), gradients=gradients).severity is Severity.WARN
    assert first_step(torch.optim.SGD(MODEL.parameters(), lr=1e-4), gradients=gradients) is None
    assert first_step(torch.optim.SGD(MODEL.parameters(), lr=1.0)) is None


def test_few_planned_steps_and_other_optimizers_are_not_said_to_be_too_small():
    for optimizer, steps in (
        (torch.optim.Adam(MODEL.parameters(), lr=1e-7), 50),
        (torch.optim.Adam(MODEL.parameters(), lr=1e-7), None),
        (torch.optim.SGD(MODEL.parameters(), lr=1e-7), 500),
    ):
        seen = wiring_of(MODEL, table(), classes(), BY_CLASS, optimizer=optimizer, planned_steps=steps)
        assert steps_too_small.check(seen) is None


@pytest.mark.parametrize(
    ("num_rows", "places", "is_small"), [(6, 0, True), (8, 0, True), (9, 0, False), (4, 9, False), (3, 9, True)]
)
def test_batch_norm_over_images_gets_many_values_of_few_rows(num_rows, places, is_small):
    torch.manual_seed(0)
    shape = (num_rows, 5, places) if places else (num_rows, 5)
    model = nn.Sequential(nn.BatchNorm1d(5), nn.Flatten(), nn.Linear(5 * max(places, 1), 3))
    found = small_batch_norm.check(wiring_of(model, torch.randn(shape), classes(3, num_rows), BY_CLASS))
    assert (found is not None) == is_small
