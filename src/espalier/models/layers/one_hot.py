"""One-hot encoding of category codes."""

from itertools import accumulate

import torch
from torch import Tensor, nn


class OneHot(nn.Module):
    """A column of zeros and ones for each level of each category column.

    Code 0, a level that is rare or was never seen, has no column: it is all zeros, so what the model says about a new level
    is what it says without knowing the level.

    Args:
        cardinalities: codes of each category column, 0 included.

    Shapes: (B, M) int64 to (B, F) with F the sum of cardinalities less one for each column.
    """

    first: Tensor

    def __init__(self, cardinalities: tuple[int, ...]) -> None:
        super().__init__()
        self.widths = tuple(cardinality - 1 for cardinality in cardinalities)
        self.out_features = sum(self.widths)
        starts = [0, *accumulate(self.widths)][:-1]
        self.register_buffer("first", torch.tensor(starts, dtype=torch.int64) - 1, persistent=False)

    def forward(self, categories: Tensor) -> Tensor:
        """Return the zeros and ones."""
        nowhere = self.out_features  # one column too many, cut off below
        columns = torch.where(categories == 0, nowhere, categories + self.first)
        encoded = torch.zeros(categories.shape[0], self.out_features + 1, device=categories.device)
        return encoded.scatter_(1, columns, 1.0)[:, :nowhere]
