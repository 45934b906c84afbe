"""Periodic embeddings of numbers."""

import math

import torch
from torch import Tensor, nn

from espalier.models.layers.stacked_linear import StackedLinear

FREQUENCY_SCALE = 0.01
MAX_DEVIATIONS = 3  # first frequencies are cut off here, as in the authors' package


class PeriodicEmbedding(nn.Module):
    """Sines and cosines of a number at learnt frequencies, then a linear layer of the column and a ReLU ("PLR").

    Paper: Gorishniy, Rubachev, Babenko 2022, arXiv 2203.05556, section 3.3, equation 2.

    Args:
        num_numbers: N, number columns.
        embed_dim: E, length of a vector.
        num_frequencies: learnt frequencies of each column.
        deviation: standard deviation of the first frequencies, in periods for one unit of the (scaled) number. The one setting
            that matters: too large a value makes neighbours look like strangers.

    Shapes: (B, N) to (B, N, E).
    """

    def __init__(
        self, num_numbers: int, embed_dim: int = 24, num_frequencies: int = 48, deviation: float = FREQUENCY_SCALE
    ) -> None:
        super().__init__()
        self.frequencies = nn.Parameter(torch.empty(num_numbers, num_frequencies))
        self.linear = StackedLinear(num_numbers, 2 * num_frequencies, embed_dim)
        limit = MAX_DEVIATIONS * deviation
        nn.init.trunc_normal_(self.frequencies, std=deviation, a=-limit, b=limit)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the vector of each number."""
        angles = 2 * math.pi * self.frequencies * numbers[..., None]  # (B, N, frequencies)
        waves = torch.cat([angles.cos(), angles.sin()], dim=-1).transpose(0, 1)
        return self.linear(waves).transpose(0, 1).relu()
