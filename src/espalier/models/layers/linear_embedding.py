"""Linear embeddings of numbers."""

import torch
from torch import Tensor, nn


class LinearEmbedding(nn.Module):
    """A number times a learnt vector of its column, plus a learnt bias.

    Paper: Gorishniy et al. 2021, arXiv 2106.11959, section 3.3, feature tokenizer.

    Args:
        num_numbers: N, number columns.
        embed_dim: E, length of a vector.

    Shapes: (B, N) to (B, N, E).
    """

    def __init__(self, num_numbers: int, embed_dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_numbers, embed_dim))
        self.bias = nn.Parameter(torch.empty(num_numbers, embed_dim))
        bound = embed_dim**-0.5
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the vector of each number."""
        return torch.addcmul(self.bias, self.weight, numbers[..., None])
