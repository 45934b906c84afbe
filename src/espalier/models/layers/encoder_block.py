"""A block of a transformer encoder: attention between the tokens, then a small network for each token by itself."""

from torch import Tensor, nn

from espalier.models.layers.dropout import Dropout
from espalier.models.layers.self_attention import SelfAttention

EPSILON = 1e-6  # of the norms in published vision transformers
STD = 0.02  # of their first weights


class EncoderBlock(nn.Module):
    """Attention, then a feed-forward network; each works on normalized tokens, and its answer is added to them.

    Paper: Dosovitskiy et al. 2021, arXiv 2010.11929, equations 2 and 3.

    Args:
        embed_dim: D, length of a token.
        num_heads: ways in which tokens look at one another.
        hidden_size: units of the feed-forward network.
        dropout: share of each answer and of the hidden units set to zero in training, 0 to below 1.

    Shapes: (B, T, D), and truth values (B, T) that say which tokens may be looked at, to (B, T, D).
    """

    def __init__(self, embed_dim: int, num_heads: int, hidden_size: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=EPSILON)
        self.attn = SelfAttention(embed_dim, num_heads, dropout)
        self.norm2 = nn.LayerNorm(embed_dim, eps=EPSILON)
        self.mlp = FeedForward(embed_dim, hidden_size, dropout)

    def forward(self, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        """Return the tokens, changed."""
        tokens = tokens + self.attn(self.norm1(tokens), valid)
        return tokens + self.mlp(self.norm2(tokens))


class FeedForward(nn.Module):
    """Two linear layers with a GELU between them.

    Args:
        embed_dim: D, length of a token.
        hidden_size: units between the layers.
        dropout: share of the hidden units and of the output set to zero in training, 0 to below 1.

    Shapes: (B, T, D) to the same.
    """

    def __init__(self, embed_dim: int, hidden_size: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.fc1 = nn.Linear(embed_dim, hidden_size)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden_size, embed_dim)
        self.dropout = Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the answer for each token."""
        return self.dropout(self.fc2(self.dropout(self.act(self.fc1(tokens)))))


def initialize_encoder(model: nn.Module) -> None:
    """Draw the first weights of all linear layers of a vision transformer, and set their biases to zero.

    They are normal with deviation 0.02, cut at two deviations, as in BERT, DeiT and timm.

    Args:
        model: changed in place.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.trunc_normal_(layer.weight, std=STD, a=-2 * STD, b=2 * STD)
            nn.init.zeros_(layer.bias)
