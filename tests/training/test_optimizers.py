import subprocess
import sys
from typing import get_args, get_type_hints

import pytest
import torch
from torch import nn

from espalier.core.plan import LearningPlan
from espalier.training.loop import Way, learn
from espalier.training.optimizers import light, make_optimizer, parameter_groups
from training.toys import LineTask, line_batches, small_net

NAMES = get_args(get_type_hints(LearningPlan)["optimizer"])
RATES = {"sgd": 0.1, "adagrad": 0.1}


@pytest.mark.parametrize("name", NAMES)
def test_every_optimizer_learns_a_line(name):
    model = small_net()
    optimizer = make_optimizer(model, LearningPlan(optimizer=name), RATES.get(name, 0.01))
    steps = list(learn(model, LineTask(), line_batches(), optimizer, Way(epochs=20)))
    assert steps[-1].losses["mse"] < 0.2 * steps[0].losses["mse"]


def test_biases_and_norms_do_not_decay():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2, bias=False), nn.LayerNorm(2))
    decayed, spared = parameter_groups(model, 0.5)
    assert [tuple(weight.shape) for weight in decayed["params"]] == [(3, 4), (2, 3)]
    assert len(spared["params"]) == 5 and spared["weight_decay"] == 0


def test_tied_and_frozen_weights_are_taken_once_or_not_at_all():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    second.bias.requires_grad_(False)
    groups = parameter_groups(nn.Sequential(first, second), 0.1)
    assert [len(group["params"]) for group in groups] == [1, 1]


def test_decoupled_decay_shrinks_weights_and_leaves_biases():
    model = nn.Linear(2, 2)
    before = model.bias.detach().clone()
    optimizer = make_optimizer(model, LearningPlan(optimizer="adamw", weight_decay=0.5), 0.1)
    model.weight.grad, model.bias.grad = torch.zeros(2, 2), torch.zeros(2)
    norm = model.weight.norm().item()
    optimizer.step()
    assert model.weight.norm().item() == pytest.approx(0.95 * norm)
    assert torch.equal(model.bias, before)


@pytest.mark.parametrize(
    "kind", [torch.optim.SGD, torch.optim.Adagrad, torch.optim.RMSprop, torch.optim.Adam, torch.optim.AdamW]
)
def test_a_light_optimizer_gives_the_bits_of_the_one_it_stands_for(kind):
    weights = []
    for made in (kind, light(kind)):
        torch.manual_seed(0)
        model = nn.Linear(3, 2)
        optimizer = made(model.parameters(), lr=0.1, weight_decay=0.01)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.randn(8, 3)).square().mean().backward()
            optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
        optimizer.step()
        weights.append(model.weight.detach())
    assert torch.equal(*weights)
    assert isinstance(optimizer, kind) and type(optimizer).__name__ == kind.__name__


def test_the_first_step_and_its_probes_do_not_import_torchs_compiler():
    script = """
import sys, torch
from espalier.core.plan import LearningPlan
from espalier.diagnosis.watch import check
from espalier.training.optimizers import make_optimizer
model = torch.nn.Linear(2, 1)
optimizer = make_optimizer(model, LearningPlan(), 0.1)
check(model, (torch.randn(8, 2), torch.randn(8, 1)), torch.nn.MSELoss(), optimizer)
optimizer.zero_grad()
model(torch.ones(4, 2)).sum().backward()
optimizer.step()
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
