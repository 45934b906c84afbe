"""Recurrent layers, one on the other, with first weights that let a gradient live: the body of rnn, lstm and gru."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_choice, check_fraction

FORGET_BIAS = 1.0
GATES = {"lstm": 4, "gru": 3, "tanh": 1, "relu": 1}
CELLS: Mapping[str, Callable[[int, int], Any]] = {
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "tanh": lambda in_channels, width: nn.RNN(in_channels, width, nonlinearity="tanh"),
    "relu": lambda in_channels, width: nn.RNN(in_channels, width, nonlinearity="relu"),
}


class Recurrent(nn.Module):
    """Recurrent layers of torch, one on the other, forwards or both ways.

    Rows of different lengths need no packing: a layer that runs forwards has seen only a row's own steps when it stands on
    them, and for the way back each row is turned round within its own length. Packed rows make a GRU of torch take more than
    three times as long on a CPU, and a plain RNN twice.

    First weights: those from step to step are orthogonal (Saxe, McClelland, Ganguli 2013, arXiv 1312.6120), one matrix for
    each gate; those from the input are Xavier's; biases are zero, but the forget gate of an LSTM begins at 1, open
    (Gers, Schmidhuber, Cummins 2000; Jozefowicz, Zaremba, Sutskever 2015).

    Dropout works between layers. The variational one draws one mask for all steps of a row (Gal, Ghahramani 2016,
    arXiv 1512.05287, section 4). Differs: none from step to step within a layer, which torch's kernels cannot do.

    Args:
        cell: one of CELLS.
        in_channels: C.
        width: D, units of each layer and direction.
        depth: layers.
        bidirectional: whether each layer also runs from the end to the beginning; its units then count twice.
        dropout: share of each layer's input set to zero in training, but the first's; 0 to below 1.
        variational: whether a unit is dropped at all steps of a row or at each step anew.

    Shapes: steps (T, B, C) and lengths (B,) to (T, B, D), or (T, B, 2 D) both ways. At steps beyond a row's length the answer
    means nothing.
    """

    def __init__(
        self,
        cell: str,
        in_channels: int,
        width: int,
        depth: int,
        bidirectional: bool = False,
        dropout: float = 0.0,
        variational: bool = False,
    ) -> None:
        super().__init__()
        check_choice("cell", cell, CELLS)
        check_fraction("dropout", dropout)
        self.out_channels = width * (2 if bidirectional else 1)
        sizes = [in_channels] + [self.out_channels] * (depth - 1)
        self.ahead = nn.ModuleList(CELLS[cell](size, width) for size in sizes)
        self.back = nn.ModuleList(CELLS[cell](size, width) for size in sizes if bidirectional)
        self.dropout: nn.Module = VariationalDropout(dropout) if variational else Dropout(dropout)
        for layer in (*self.ahead, *self.back):
            initialize_recurrent(layer, GATES[cell])

    def forward(self, steps: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return what each unit of the last layer says at each step."""
        for number, layer in enumerate(self.ahead):
            steps = self.dropout(steps) if number else steps
            answers, _ = layer(steps)
            if self.back:
                turned, _ = self.back[number](turn_round(steps, lengths))
                answers = torch.cat([answers, turn_round(turned, lengths)], dim=-1)
            steps = answers
        return steps


class VariationalDropout(nn.Module):
    """Sets a unit to zero at all steps of a row at once.

    Paper: Gal, Ghahramani 2016, arXiv 1512.05287, section 4.

    Args:
        probability: share of units set to zero in training, 0 to below 1.

    Shapes: (T, B, D) to the same.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.dropout = Dropout(probability)

    def forward(self, steps: Tensor) -> Tensor:
        """Return the steps, with some units set to zero when training."""
        return steps * self.dropout(torch.ones_like(steps[:1]))


def turn_round(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """Return each row from its last own step to its first; steps beyond its length stay where they are.

    Args:
        steps: (T, B, D).
        lengths: steps of each row (B,), or None when all are its own.
    """
    if lengths is None:
        return steps.flip(0)
    place = torch.arange(len(steps), device=steps.device)[:, None]  # (T, 1)
    source = torch.where(place < lengths, lengths - 1 - place, place)  # (T, B)
    return steps.gather(0, source[:, :, None].expand_as(steps))


def initialize_recurrent(layer: nn.Module, num_gates: int) -> None:
    """Draw the first weights of one recurrent layer, gate by gate.

    Args:
        layer: an `nn.LSTM`, `nn.GRU` or `nn.RNN`; changed in place.
        num_gates: parts of its weights; the second of four is the forget gate of an LSTM.
    """
    with torch.no_grad():
        for name, weights in layer.named_parameters():
            for number, gate in enumerate(weights.chunk(num_gates)):
                if name.startswith("weight_ih"):
                    nn.init.xavier_uniform_(gate)
                elif name.startswith("weight_hh"):
                    nn.init.orthogonal_(gate)
                else:
                    is_forget = num_gates == GATES["lstm"] and number == 1 and name.startswith("bias_ih")
                    gate.fill_(FORGET_BIAS if is_forget else 0.0)
