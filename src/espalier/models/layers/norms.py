"""Normalizations of a row's units, by name."""

from collections.abc import Callable, Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from espalier.models.layers.options import check_choice

MAX_GROUPS = 8
MIN_GROUP_SIZE = 4  # a group of one unit would be normalized to nothing


class BatchNorm(nn.BatchNorm1d):
    """Batch normalization that also bears a last batch of one row.

    One row has no deviation, and torch refuses it in training. Here such a row is normalized with the running mean and
    variance, which it leaves as they are.

    Paper: Ioffe, Szegedy 2015, arXiv 1502.03167, algorithm 1.

    Shapes: (B, D) to (B, D).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalized rows."""
        if self.training and input.shape[0] == 1:
            return F.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
            )
        return super().forward(input)


class InstanceNorm(nn.Module):
    """Each row is normalized over its own units, with one gain and one bias for all of them.

    A row of a table has no channels; it is treated as an image with one.

    Paper: Ulyanov, Vedaldi, Lempitsky 2016, arXiv 1607.08022.

    Shapes: (B, D) to (B, D).
    """

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm1d(1, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalized rows."""
        return self.norm(x.unsqueeze(1)).squeeze(1)


def _build_group_norm(width: int) -> nn.Module:
    groups = next(
        count for count in range(MAX_GROUPS, 0, -1) if count == 1 or (width % count == 0 and width // count >= MIN_GROUP_SIZE)
    )
    return nn.GroupNorm(groups, width)


NORMS: Mapping[str, Callable[[int], nn.Module]] = {
    "none": lambda width: nn.Identity(),
    "batch": BatchNorm,
    "layer": nn.LayerNorm,
    "instance": lambda width: InstanceNorm(),
    "group": _build_group_norm,
}


def build_norm(name: str, width: int) -> nn.Module:
    """Return a normalization of (B, D).

    Args:
        name: one of NORMS. "group" makes up to 8 equal groups of at least 4 units.
        width: D.

    Raises:
        UnknownNameError: there is no such normalization.
    """
    check_choice("norm", name, NORMS)
    return NORMS[name](width)


def cancels_bias(name: str) -> bool:
    """Say whether a bias just before this normalization has no effect, so that it need not be there.

    Args:
        name: one of NORMS.
    """
    return name == "batch"
