"""Learnt embeddings of category codes."""

from itertools import accumulate

import torch
from torch import Tensor, nn

NUM_SPECIAL_CODES = 2  # 0: rare or never seen; 1: missing


class CategoryEmbedding(nn.Module):
    """A learnt vector for each level of each category column, all columns in one table.

    Vectors of codes 0 (rare or never seen) and 1 (missing) begin at zero: where training shows no such row they stay there
    and say nothing, instead of adding a random vector.

    Paper: Gorishniy et al. 2021, arXiv 2106.11959, section 3.3 (the bias) and its code (the range of the first values).

    Args:
        cardinalities: codes of each category column, 1 or more columns.
        embed_dim: E, length of a vector.
        bias: add one more learnt vector for each column.

    Shapes: (B, M) int64 to (B, M, E).
    """

    first: Tensor

    def __init__(self, cardinalities: tuple[int, ...], embed_dim: int, *, bias: bool = False) -> None:
        super().__init__()
        starts = [0, *accumulate(cardinalities)]
        self.table = nn.Embedding(starts[-1], embed_dim)
        self.bias = nn.Parameter(torch.empty(len(cardinalities), embed_dim)) if bias else None
        self.register_buffer("first", torch.tensor(starts[:-1], dtype=torch.int64), persistent=False)
        bound = embed_dim**-0.5
        nn.init.uniform_(self.table.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)
        with torch.no_grad():
            for start, cardinality in zip(starts, cardinalities, strict=False):
                self.table.weight[start : start + min(NUM_SPECIAL_CODES, cardinality)] = 0

    def forward(self, categories: Tensor) -> Tensor:
        """Return the vector of each code."""
        vectors = self.table(categories + self.first)
        return vectors if self.bias is None else vectors + self.bias
