import torch
from torch import nn

from espalier.core.catalogue import architectures

GIVEN = {"in_channels": 3, "num_outputs": 2}


def built(name="gru-tiny", **options):
    torch.manual_seed(0)
    return architectures()[name].build(GIVEN, options)


def test_the_default_says_what_two_layers_of_torch_say():
    model = built("gru")
    body = nn.GRU(3, 128, num_layers=2)
    for number in range(2):
        for key, weights in model.recurrent.ahead[number].named_parameters():
            getattr(body, key.replace("l0", f"l{number}")).data.copy_(weights)
    series = torch.randn(4, 3, 11)
    torch.testing.assert_close(model(series), model.head(body(series.permute(2, 0, 1))[0][-1]))


def test_it_holds_three_quarters_of_the_weights_of_an_lstm():
    sizes = {
        name: sum(one.numel() for one in architectures()[name].build(GIVEN, {}).recurrent.parameters())
        for name in ("gru", "lstm")
    }
    assert sizes["gru"] * 4 == sizes["lstm"] * 3


def test_a_step_follows_the_equations():
    (layer,) = built().recurrent.ahead
    nn.init.normal_(layer.bias_hh_l0)
    x, before = torch.randn(1, 3), torch.randn(1, 16)
    by_input = x @ layer.weight_ih_l0.T + layer.bias_ih_l0
    by_state = before @ layer.weight_hh_l0.T + layer.bias_hh_l0
    (xr, xz, xn), (hr, hz, hn) = by_input.chunk(3, dim=1), by_state.chunk(3, dim=1)
    reset, update = (xr + hr).sigmoid(), (xz + hz).sigmoid()
    candidate = (xn + reset * hn).tanh()
    torch.testing.assert_close(layer(x[None], before[None])[0][0], (1 - update) * candidate + update * before)
