"""Attention of tokens to one another, with the keys of published vision transformers."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.models.layers.dropout import Dropout

MAX_WRITTEN_TOKENS = 1000  # more are always given to torch's fused kernel; the weights of all pairs would take much memory


class SelfAttention(nn.Module):
    """Every token looks at every token, in several ways at once; one linear layer makes queries, keys and values.

    Paper: Vaswani et al. 2017, arXiv 1706.03762, section 3.2.

    Args:
        embed_dim: D, length of a token; a multiple of num_heads.
        num_heads: H.
        dropout: share of the output set to zero in training, 0 to below 1.

    Shapes: (B, T, D), and truth values (B, T) that say which tokens may be looked at, to (B, T, D).
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        if embed_dim % num_heads:
            raise ValueError(f"width is {embed_dim}, expected a multiple of num_heads, which is {num_heads}")
        self.num_heads = num_heads
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.dropout = Dropout(dropout)

    def forward(self, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        """Return for each token a mixture of all tokens' values, or of those that are valid."""
        batch, length, width = tokens.shape
        heads = self.qkv(tokens).view(batch, length, 3, self.num_heads, width // self.num_heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, H, T, D / H)
        seen = None if valid is None else valid[:, None, None]  # (B, 1, 1, T)
        attend = attend_written_out if _is_faster_written_out(query) else attend_fused
        mixed = attend(query, key, value, seen)
        return self.dropout(self.proj(mixed.transpose(1, 2).reshape(batch, length, width)))


def attend_fused(query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None = None) -> Tensor:
    """Return the mixture of values by torch's fused kernel.

    Args:
        query: (B, H, T, D / H).
        key: as the query.
        value: as the query.
        seen: truth values that spread to (B, H, T, T): which keys a query may look at; None for all.
    """
    return F.scaled_dot_product_attention(query, key, value, attn_mask=seen)


def attend_written_out(query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None = None) -> Tensor:
    """Return the mixture of values by two products and a softmax, as the paper writes it.

    Args:
        query: (B, H, T, D / H).
        key: as the query.
        value: as the query.
        seen: truth values that spread to (B, H, T, T): which keys a query may look at; None for all.
    """
    scores = query * query.shape[-1] ** -0.5 @ key.transpose(-1, -2)
    scores = scores if seen is None else scores.masked_fill(~seen, -torch.inf)
    return scores.softmax(dim=-1) @ value


def _is_faster_written_out(query: Tensor) -> bool:
    """Say whether two products and a softmax beat the fused kernel.

    They do in bfloat16 on a CPU while learning: there the fused kernel's backward pass is 2.6 to 6 times as slow, measured
    on one thread with 17 to 1,025 tokens. In float32 the fused one is up to twice as fast, and it needs less memory.
    """
    learns_in_half = query.device.type == "cpu" and query.dtype == torch.bfloat16 and query.requires_grad
    return learns_in_half and query.shape[-2] <= MAX_WRITTEN_TOKENS
