"""Dropout that is quick on a CPU, where torch draws one random number for each value: most of the time of a small network."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.models.layers.options import check_fraction

LANES = 4  # one random number of 64 bits decides over four values, with 16 bits each
LEVELS = 2**16


class Dropout(nn.Module):
    """Sets values to zero at random in training and scales the others up, so that the mean stays.

    Paper: Srivastava et al. 2014, Journal of Machine Learning Research 15, section 4.
    Differs: on a CPU the probability is rounded to a multiple of 1 / 65,536, and the scale with it. Two to three times as
    fast as `torch.nn.Dropout` there, and drawn from the same generator of torch.

    Args:
        probability: share of values set to zero, 0 to below 1.

    Shapes: any to the same.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        check_fraction("dropout", probability)
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        """Return x, with some values set to zero when training."""
        if not self.training or self.probability == 0:
            return x
        if x.device.type != "cpu":
            return F.dropout(x, self.probability)
        num_dropped_levels = min(round(self.probability * LEVELS), LEVELS - 1)
        bits = torch.empty(-(-x.numel() // LANES), dtype=torch.int64).random_(-(2**63), None)
        lanes = bits.view(torch.int16)[: x.numel()].view(x.shape)
        kept = (lanes >= num_dropped_levels - LEVELS // 2).to(x.dtype)
        return x * kept.mul_(LEVELS / (LEVELS - num_dropped_levels))

    def extra_repr(self) -> str:
        """Return the probability, for printing."""
        return f"{self.probability}"
