"""Attention between the tokens of a row."""

import torch.nn.functional as F
from torch import Tensor, nn

from espalier.models.layers.dropout import Dropout


class MultiheadAttention(nn.Module):
    """Every query looks at every token, in several ways at once.

    Paper: Vaswani et al. 2017, arXiv 1706.03762, section 3.2.
    Differs: keys have no bias. It would add the same amount to all scores of a query, which the softmax takes away again.

    Args:
        embed_dim: D, length of a token; a multiple of num_heads.
        num_heads: H.
        dropout: share of attention weights set to zero in training, 0 to below 1.

    Shapes: query (B, Q, D) and tokens (B, T, D) to (B, Q, D).
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        if embed_dim % num_heads:
            raise ValueError(f"width is {embed_dim}, expected a multiple of num_heads, which is {num_heads}")
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim, bias=False)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.mix = nn.Linear(embed_dim, embed_dim)
        self.dropout = Dropout(dropout)
        for layer in (self.query, self.value, self.mix):
            nn.init.zeros_(layer.bias)

    def forward(self, query: Tensor, tokens: Tensor) -> Tensor:
        """Return for each query a mixture of the tokens' values."""
        q, k, v = self._heads(self.query(query)), self._heads(self.key(tokens)), self._heads(self.value(tokens))
        if self.training and self.dropout.probability > 0:  # torch's fused kernels are slower here, or drop nothing
            weights = (q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2)).softmax(dim=-1)  # (B, H, Q, T)
            mixed = self.dropout(weights) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v)
        return self.mix(mixed.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        """Return (B, T, D) as (B, H, T, D / H)."""
        batch, tokens, width = x.shape
        return x.view(batch, tokens, self.num_heads, width // self.num_heads).transpose(1, 2)
