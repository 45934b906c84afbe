"""From what a network says at each step of a series to one answer for the series."""

import torch
from torch import Tensor, nn

from espalier.models.layers.options import check_choice

POOLINGS = ("last", "mean", "max", "attention")


class SeriesPooling(nn.Module):
    """Makes one vector of the steps of each series; steps that are not its own do not count.

    "last" takes the last step, where a recurrent layer has seen all (and the first for units that run backwards), "mean" and
    "max" each unit's mean or greatest value, "attention" a mean whose weights are learnt: additive attention with one learnt
    query (Yang et al. 2016, "Hierarchical Attention Networks", equations 5 to 7).

    Args:
        kind: one of POOLINGS.
        in_channels: D.
        bidirectional: whether the second half of the units runs from the end to the beginning.

    Shapes: (B, T, D) and truth values (B, T) to (B, D).
    """

    def __init__(self, kind: str, in_channels: int, bidirectional: bool = False) -> None:
        super().__init__()
        check_choice("pooling", kind, POOLINGS)
        self.kind, self.bidirectional = kind, bidirectional
        self.key = nn.Linear(in_channels, in_channels) if kind == "attention" else None
        self.query = nn.Linear(in_channels, 1, bias=False) if kind == "attention" else None

    def forward(self, steps: Tensor, valid: Tensor | None = None) -> Tensor:
        """Return one vector for each series."""
        if self.kind == "last":
            return self._last(steps, valid)
        if self.key is not None and self.query is not None:
            scores = self.query(self.key(steps).tanh())  # (B, T, 1)
            scores = scores if valid is None else scores.masked_fill(~valid[:, :, None], -torch.inf)
            return (steps * scores.softmax(dim=1)).sum(dim=1)
        if self.kind == "max":
            return (steps if valid is None else steps.masked_fill(~valid[:, :, None], -torch.inf)).amax(dim=1)
        return mean_of(steps, valid)

    def _last(self, steps: Tensor, valid: Tensor | None) -> Tensor:
        if valid is None:
            last = steps[:, -1]
        else:
            places = (valid.sum(dim=1) - 1)[:, None, None].expand(-1, 1, steps.shape[2])
            last = steps.gather(1, places)[:, 0]
        if not self.bidirectional:
            return last
        ahead = steps.shape[2] // 2
        return torch.cat([last[:, :ahead], steps[:, 0, ahead:]], dim=1)

    def extra_repr(self) -> str:
        """Return the kind, for printing."""
        return self.kind


def mean_of(steps: Tensor, valid: Tensor | None) -> Tensor:
    """Return the mean over the steps that are a row's own.

    Args:
        steps: (B, T, D).
        valid: truth values (B, T), or None when all are.
    """
    if valid is None:
        return steps.mean(dim=1)
    own = valid[:, :, None]
    return steps.masked_fill(~own, 0.0).sum(dim=1) / own.sum(dim=1)
