"""Stochastic depth: in training a block is left out for some pictures, so that no block can rely on another."""

import torch
from torch import Tensor, nn

from espalier.models.layers.options import check_fraction


class StochasticDepth(nn.Module):
    """Sets the correction of a residual block to zero for whole rows at random, and scales the others up to keep the mean.

    Paper: Huang et al. 2016, arXiv 1603.09382, section 3.
    Differs: each row has its own draw, and the scaling happens in training rather than in use.

    Args:
        probability: share of rows whose correction is left out, 0 to below 1.

    Shapes: (B, ...) to the same.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        check_fraction("drop_path", probability)
        self.probability = probability

    def forward(self, correction: Tensor) -> Tensor:
        """Return the correction, with some rows set to zero when training."""
        if not self.training or self.probability == 0:
            return correction
        kept_fraction = 1 - self.probability
        one_each = (correction.shape[0],) + (1,) * (correction.ndim - 1)
        kept = torch.rand(one_each, device=correction.device) < kept_fraction
        return correction * (kept.to(correction.dtype) / kept_fraction)

    def extra_repr(self) -> str:
        """Return the probability, for printing."""
        return f"{self.probability}"


def depth_schedule(largest: float, num_blocks: int) -> list[float]:
    """Return the share of rows left out at each block: from 0 at the first to the largest at the last, in equal steps.

    Differs from section 3 of the paper: there the first block has a share too, of largest / num_blocks.

    Args:
        largest: share at the last block, 0 to below 1.
        num_blocks: 1 or more; with 1 block the share is 0.
    """
    return [largest * index / max(1, num_blocks - 1) for index in range(num_blocks)]
