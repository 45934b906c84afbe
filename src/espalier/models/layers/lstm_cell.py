"""An LSTM written out, to be read: what `torch.nn.LSTM` computes, line by line.

Networks of the catalogue use torch's own, which is many times as fast; a test holds both to the same answers and gradients.
"""

import torch
from torch import Tensor, nn


class LstmCell(nn.Module):
    """One step of an LSTM.

    Paper: Hochreiter, Schmidhuber 1997, with the forget gate of Gers, Schmidhuber, Cummins 2000; equations as in
    `torch.nn.LSTM`, whose names of weights it has.

    Args:
        in_channels: C.
        width: D, units.

    Shapes: x (B, C), what was said before (B, D) and the state before (B, D) to what is said (B, D) and the state (B, D).

    Example:
        >>> cell = LstmCell(in_channels=3, width=4)
        >>> said, state = cell(torch.zeros(2, 3), torch.zeros(2, 4), torch.zeros(2, 4))
        >>> said.shape, state.shape
        (torch.Size([2, 4]), torch.Size([2, 4]))
    """

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        bound = width**-0.5  # of torch's first weights
        self.weight_ih = nn.Parameter(torch.empty(4 * width, in_channels).uniform_(-bound, bound))
        self.weight_hh = nn.Parameter(torch.empty(4 * width, width).uniform_(-bound, bound))
        self.bias_ih = nn.Parameter(torch.empty(4 * width).uniform_(-bound, bound))
        self.bias_hh = nn.Parameter(torch.empty(4 * width).uniform_(-bound, bound))

    def forward(self, x: Tensor, said: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the units say at this step, and their state after it."""
        sums = x @ self.weight_ih.T + self.bias_ih + said @ self.weight_hh.T + self.bias_hh  # (B, 4 D)
        write, keep, candidate, show = sums.chunk(4, dim=1)
        write, keep, show = write.sigmoid(), keep.sigmoid(), show.sigmoid()  # gates, 0 to 1
        state = keep * state + write * candidate.tanh()  # an addition: a gradient comes back through it unharmed
        return show * state.tanh(), state


def read_through(cell: LstmCell, steps: Tensor) -> Tensor:
    """Return what a cell says at each step of a batch of series; it begins with zeros.

    Args:
        cell: the cell.
        steps: (T, B, C).

    Returns:
        (T, B, D).
    """
    said = state = steps.new_zeros(steps.shape[1], cell.weight_hh.shape[1])
    answers = []
    for x in steps:
        said, state = cell(x, said, state)
        answers.append(said)
    return torch.stack(answers)
