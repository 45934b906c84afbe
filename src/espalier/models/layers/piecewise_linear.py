"""Piecewise-linear encoding of numbers, and embeddings that learn on top of it.

Paper: Gorishniy, Rubachev, Babenko 2022, arXiv 2203.05556, section 3.2; the form of the embedding ("version B"): the code of
Gorishniy, Kotelnikov, Babenko 2024, arXiv 2410.24210.
"""

import numpy as np
import torch
from torch import Tensor, nn

from espalier.models.layers.linear_embedding import LinearEmbedding
from espalier.models.layers.stacked_linear import StackedLinear


def usable_edges(edges: tuple[float, ...]) -> tuple[float, ...]:
    """Return a column's bin edges in rising order, without those that float32 cannot tell apart.

    Args:
        edges: inner and outer edges.

    Raises:
        ValueError: an edge that is not finite.
    """
    if not np.isfinite(edges).all():
        raise ValueError(f"bins hold {edges}, expected finite numbers")
    return tuple(float(edge) for edge in np.unique(np.asarray(edges, dtype=np.float32)))


class PiecewiseLinearEncoding(nn.Module):
    """How far a number has come through each bin of its column: 1 for bins it has passed, 0 for those ahead.

    In its own bin it is the share of the bin's width (equation 1). Differs: beyond the outer edges the encoding stays where
    it is, at 0 and 1. The paper lets the outer bins go on; a date one tenth beyond the training dates would then lie many
    widths of a narrow bin ahead, and the network's answer with it. A column with fewer than two edges is encoded as zeros.

    Args:
        bins: edges of each column.

    Shapes: (B, N) to (B, N, T) with T the most bins of a column; the places that a column does not use are zero.
    """

    left: Tensor
    rate: Tensor
    high: Tensor

    def __init__(self, bins: tuple[tuple[float, ...], ...]) -> None:
        super().__init__()
        columns = [usable_edges(edges) for edges in bins]
        self.num_bins = max(1, *(len(edges) - 1 for edges in columns))
        left, rate, high = (np.zeros((len(bins), self.num_bins)) for _ in range(3))
        for i, edges in enumerate(columns):
            count = len(edges) - 1
            if count < 1:
                continue
            left[i, :count] = edges[:-1]
            rate[i, :count] = 1 / np.diff(edges)
            high[i, :count] = 1
        for name, value in {"left": left, "rate": rate, "high": high}.items():
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32), persistent=False)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the encoding of each number."""
        return torch.minimum(((numbers[..., None] - self.left) * self.rate).clamp_min(0), self.high)


class PiecewiseLinearEmbedding(nn.Module):
    """A linear embedding of each number plus a linear layer on its piecewise-linear encoding.

    The second part begins at zero, so that training starts from a linear embedding and bends it bin by bin. Differs: a number
    beyond the outer edges of its column is taken for the nearest edge in both parts, so that nothing is said about where no
    training row was, as trees do. A column with fewer than two edges is read as it is.

    Args:
        bins: edges of each column.
        embed_dim: E, length of a vector.

    Shapes: (B, N) to (B, N, E).
    """

    low: Tensor
    high: Tensor

    def __init__(self, bins: tuple[tuple[float, ...], ...], embed_dim: int) -> None:
        super().__init__()
        outer = [(edges[0], edges[-1]) if len(edges := usable_edges(column)) > 1 else (-np.inf, np.inf) for column in bins]
        for name, values in zip(("low", "high"), zip(*outer, strict=True), strict=True):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32), persistent=False)
        self.linear = LinearEmbedding(len(bins), embed_dim)
        self.encoding = PiecewiseLinearEncoding(bins)
        self.bends = StackedLinear(len(bins), self.encoding.num_bins, embed_dim, bias=False)
        nn.init.zeros_(self.bends.weight)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the vector of each number."""
        numbers = torch.clamp(numbers, self.low, self.high)
        bent = self.bends(self.encoding(numbers).transpose(0, 1))  # (N, B, E)
        return self.linear(numbers) + bent.transpose(0, 1)
