import pytest
import torch
import torch.nn.functional as F
from torch import nn

from espalier.core.errors import UnknownNameError
from espalier.models.layers.activations import ACTIVATIONS
from espalier.models.layers.norms import NORMS
from espalier.models.mlp import Mlp, MlpConfig


def count(model):
    return sum(one.numel() for one in model.parameters())


def test_parameters_are_those_published_for_california_housing():
    config = MlpConfig(8, (), 1, width=208, depth=2)
    assert count(Mlp(config)) == 45_553  # exp/mlp/california of the authors' results (arXiv 2410.24210)


def test_mlp_is_linear_relu_linear():
    model, x = Mlp(MlpConfig(3, (), 2, width=5, depth=2)).eval(), torch.randn(4, 3)
    first, second = (block[0] for block in model.blocks)
    hidden = F.relu(second(F.relu(first(x))))
    torch.testing.assert_close(model(x), hidden @ model.head.weight.T + model.head.bias)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("norm", NORMS)
def test_every_activation_goes_with_every_norm(activation, norm):
    model = Mlp(MlpConfig(3, (4,), 2, width=8, activation=activation, norm=norm))
    model(torch.randn(16, 3), torch.randint(0, 4, (16, 1))).square().sum().backward()
    assert all(one.grad.isfinite().all() and one.grad.abs().max() > 1e-7 for one in model.parameters())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_learns_to_tell_inside_from_outside(activation):
    x = torch.randn(200, 2)
    target = (x.square().sum(dim=1) > 1.4).float()
    model = Mlp(MlpConfig(2, (), 1, width=32, depth=2, dropout=0.0, activation=activation, norm="batch"))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(120):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(model(x).squeeze(1), target).backward()
        optimizer.step()
    assert ((model(x).squeeze(1) > 0) == (target > 0)).float().mean() > 0.9  # the larger class alone: about 0.5


@pytest.mark.parametrize("init", ["xavier", "he", "orthogonal"])
def test_first_weights_follow_the_scheme(init):
    model = Mlp(MlpConfig(3, (), 2, init=init))
    linears = [one for one in model.modules() if isinstance(one, nn.Linear)]
    assert all(one.bias.abs().max() == 0 for one in linears)


@pytest.mark.parametrize("number_embedding", ["none", "linear", "piecewise-linear", "periodic"])
def test_numbers_can_be_embedded(number_embedding):
    bins = ((0.0, 1.0, 2.0),) * 3
    model = Mlp(MlpConfig(3, (), 2, bins=bins, number_embedding=number_embedding, embed_dim=7))
    assert model.blocks[0][0].in_features == (3 if number_embedding == "none" else 21)


@pytest.mark.parametrize(
    ("option", "given", "nearest"),
    [
        ("activation", "relu6", "relu"),
        ("norm", "layers", "layer"),
        ("init", "xavie", "xavier"),
        ("number_embedding", "period", "periodic"),
    ],
)
def test_unknown_choices_offer_the_nearest(option, given, nearest):
    with pytest.raises(UnknownNameError, match=f"There is no {option} '{given}'. Did you mean '{nearest}'"):
        MlpConfig(3, (), 2, **{option: given})
