import pytest
import torch

from espalier.core.catalogue import architectures
from espalier.core.errors import UnknownNameError


def built(name="rnn-tiny", **options):
    torch.manual_seed(0)
    return architectures()[name].build({"in_channels": 3, "num_outputs": 2}, options)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_step_follows_the_equation(activation):
    (layer,) = built(activation=activation).recurrent.ahead
    x, before = torch.randn(1, 3), torch.randn(1, 16)
    inner = x @ layer.weight_ih_l0.T + layer.bias_ih_l0 + before @ layer.weight_hh_l0.T + layer.bias_hh_l0
    torch.testing.assert_close(layer(x[None], before[None])[0][0], getattr(torch, activation)(inner))


def test_an_unknown_activation_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no activation 'tan'. Did you mean 'tanh'"):
        built(activation="tan")
