import numpy as np
import pytest
import torch
from torch import nn

from espalier.core.errors import UnknownNameError
from espalier.models.layers.activations import ACTIVATIONS, Maxout, Step, build_activation, pieces_of


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("step", lambda x: (x >= 0).astype(float)),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("tanh", np.tanh),
        ("relu", lambda x: np.maximum(x, 0)),
        ("leaky_relu", lambda x: np.where(x > 0, x, 0.01 * x)),
        ("elu", lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)),
        ("silu", lambda x: x / (1 + np.exp(-x))),
    ],
)
def test_activation_is_the_formula(name, line):
    x = torch.linspace(-4, 4, 33, dtype=torch.float64)
    np.testing.assert_allclose(build_activation(name)(x).numpy(), line(x.numpy()), atol=1e-12)


def test_gelu_is_x_times_the_normal_distribution():
    x = torch.linspace(-4, 4, 33, dtype=torch.float64)
    torch.testing.assert_close(build_activation("gelu")(x), x * torch.distributions.Normal(0.0, 1.0).cdf(x))


def test_step_passes_the_gradient_only_near_zero():
    x = torch.tensor([-1.5, -1.0, -0.1, 0.0, 0.4, 1.0, 1.1], requires_grad=True)
    y = Step()(x)
    y.backward(torch.full_like(y, 3.0))
    assert y.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert x.grad.tolist() == [0, 3, 3, 3, 3, 3, 0]


def test_maxout_takes_the_greatest_piece_of_each_unit():
    x = torch.tensor([[1.0, -2.0, 3.0, 0.0, 5.0, -1.0]])  # pieces (1, -2, 3) and (0, 5, -1) of three units
    assert Maxout()(x).tolist() == [[1.0, 5.0, 3.0]]


def test_maxout_needs_as_many_inputs_as_pieces():
    x = torch.randn(4, 6 * pieces_of("maxout"))
    assert build_activation("maxout")(x).shape == (4, 6)
    assert all(pieces_of(name) == 1 for name in ACTIVATIONS if name != "maxout")


def test_every_activation_is_a_module_of_its_own():
    assert all(isinstance(build_activation(name), nn.Module) for name in ACTIVATIONS)
    assert build_activation("relu") is not build_activation("relu")


def test_unknown_activation_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="There is no activation 'rely'. Did you mean 'relu'"):
        build_activation("rely")
