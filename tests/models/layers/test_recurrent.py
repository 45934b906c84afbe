import pytest
import torch
from torch import nn

from espalier.core.errors import UnknownNameError
from espalier.models.layers.recurrent import CELLS, Recurrent, VariationalDropout, turn_round


@pytest.mark.parametrize("cell", ["lstm", "gru", "tanh", "relu"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_two_layers_both_ways_say_what_those_of_torch_say(cell, bidirectional):
    own = Recurrent(cell, 3, 5, depth=2, bidirectional=bidirectional)
    kind = {"lstm": nn.LSTM, "gru": nn.GRU}.get(cell, nn.RNN)
    options = {"nonlinearity": cell} if kind is nn.RNN else {}
    theirs = kind(3, 5, num_layers=2, bidirectional=bidirectional, **options)
    for number in range(2):
        for layer, ending in ((own.ahead, ""), (own.back, "_reverse")):
            for key, weights in layer[number].named_parameters() if len(layer) else []:
                getattr(theirs, key.replace("l0", f"l{number}{ending}")).data.copy_(weights)
    steps = torch.randn(7, 4, 3)
    torch.testing.assert_close(own(steps), theirs(steps)[0])
    lengths = torch.tensor([7, 2, 5, 1])
    packed = nn.utils.rnn.pack_padded_sequence(steps, lengths, enforce_sorted=False)
    expected, _ = nn.utils.rnn.pad_packed_sequence(theirs(packed)[0])
    is_own = (torch.arange(7)[:, None] < lengths)[:, :, None]
    torch.testing.assert_close(own(steps, lengths) * is_own, expected)


def test_rows_are_turned_round_within_their_own_length():
    steps = torch.arange(8.0).view(4, 2, 1)
    assert turn_round(steps, None)[:, 0, 0].tolist() == [6, 4, 2, 0]
    turned = turn_round(steps, torch.tensor([4, 3]))
    assert turned[:, 0, 0].tolist() == [6, 4, 2, 0]
    assert turned[:, 1, 0].tolist() == [5, 3, 1, 7]


@pytest.mark.parametrize("cell", CELLS)
def test_first_recurrent_weights_are_orthogonal_gate_by_gate(cell):
    (layer,) = Recurrent(cell, 3, 8, depth=1).ahead
    for gate in layer.weight_hh_l0.split(8):
        torch.testing.assert_close(gate @ gate.T, torch.eye(8), atol=1e-5, rtol=0)


def test_the_forget_gate_begins_open_and_all_other_biases_at_zero():
    (layer,) = Recurrent("lstm", 3, 4, depth=1).ahead
    total = layer.bias_ih_l0 + layer.bias_hh_l0
    assert total.tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8
    (layer,) = Recurrent("gru", 3, 4, depth=1).ahead
    assert not (layer.bias_ih_l0.any() or layer.bias_hh_l0.any())


def test_variational_dropout_drops_a_unit_at_all_steps_of_a_row():
    torch.manual_seed(0)
    dropped = VariationalDropout(0.5).train()(torch.ones(6, 50, 40))
    assert torch.equal(dropped, dropped[:1].expand_as(dropped))
    assert 0.4 < (dropped[0] == 0).float().mean() < 0.6
    assert not torch.equal(dropped[:, 0], dropped[:, 1])


def test_an_unknown_cell_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no cell 'lstms'. Did you mean 'lstm'"):
        Recurrent("lstms", 1, 1, depth=1)
