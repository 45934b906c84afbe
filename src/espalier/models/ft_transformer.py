"""FT-Transformer (Gorishniy et al. 2021, arXiv 2106.11959, section 3.3 and the default configuration of its supplement).

Every column becomes a token, a further token gathers the answer. Norms come first, and the very first one is left out, which
the authors found to matter. Differs: keys have no bias (see `layers.attention`); numbers can have the embeddings of arXiv
2203.05556 instead of linear ones.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.attention import MultiheadAttention
from espalier.models.layers.category_embedding import CategoryEmbedding
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.linear_embedding import LinearEmbedding
from espalier.models.layers.number_embedding import NUMBER_EMBEDDINGS, build_number_embedding
from espalier.models.layers.options import check_choice, check_count, check_fraction, check_positive, check_table
from espalier.models.layers.table_input import check_inputs


@dataclass(frozen=True)
class FtTransformerConfig:
    """What an FT-Transformer is built from.

    Args:
        num_numbers: N, number columns.
        cardinalities: codes of each of the M category columns.
        num_outputs: K.
        bins: edges of each number column, for the number embedding "piecewise-linear".
        width: D, length of a token; a multiple of num_heads.
        depth: number of blocks.
        num_heads: attention heads of each block.
        hidden_factor: units of the feed-forward part, as a multiple of width; above 0.
        attention_dropout: share of attention weights set to zero in training, 0 to below 1.
        dropout: share of feed-forward units set to zero in training, 0 to below 1.
        residual_dropout: share of each part's output set to zero in training, 0 to below 1.
        number_embedding: linear, piecewise-linear (linear where there are no bins) or periodic.
        frequency_scale: spread of the first frequencies of the number embedding "periodic", above 0.
    """

    num_numbers: int
    cardinalities: tuple[int, ...]
    num_outputs: int
    bins: tuple[tuple[float, ...], ...] = ()
    width: int = 192
    depth: int = 3
    num_heads: int = 8
    hidden_factor: float = 4 / 3
    attention_dropout: float = 0.2
    dropout: float = 0.1
    residual_dropout: float = 0.0
    number_embedding: str = "linear"
    frequency_scale: float = 0.01

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_table(self.num_numbers, self.cardinalities, self.num_outputs)
        check_choice("number_embedding", self.number_embedding, [name for name in NUMBER_EMBEDDINGS if name != "none"])
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_count("num_heads", self.num_heads)
        check_positive("hidden_factor", self.hidden_factor)
        check_positive("frequency_scale", self.frequency_scale)
        for name in ("attention_dropout", "dropout", "residual_dropout"):
            check_fraction(name, getattr(self, name))


class FtTransformer(nn.Module):
    """FT-Transformer: columns as tokens that attend to one another; strong where columns interact, and slow with many columns.

    Args:
        config: sizes and choices.

    Shapes: numbers (B, N) and categories (B, M) to (B, K).
    """

    def __init__(self, config: FtTransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.tokens = TableTokens(config)
        self.blocks = nn.ModuleList(TransformerBlock(config, is_first=i == 0) for i in range(config.depth))
        self.head = nn.Sequential(nn.LayerNorm(config.width), nn.ReLU(), nn.Linear(config.width, config.num_outputs))

    def forward(self, numbers: Tensor, categories: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        tokens = self.tokens(numbers, categories)
        for block in self.blocks[:-1]:
            tokens = block(tokens, tokens.shape[1])
        answer = self.blocks[-1](tokens, 1)  # nobody reads the other tokens any more
        return self.head(answer[:, 0])


class TableTokens(nn.Module):
    """The answer's token, then one token for each number column and each category column.

    Args:
        config: sizes and choices of the whole model.

    Shapes: numbers (B, N) and categories (B, M) to (B, 1 + N + M, D).
    """

    def __init__(self, config: FtTransformerConfig) -> None:
        super().__init__()
        self.num_numbers = config.num_numbers
        self.num_categories = len(config.cardinalities)
        bound = config.width**-0.5
        self.answer = nn.Parameter(torch.empty(config.width).uniform_(-bound, bound))
        embedding = build_number_embedding(
            config.number_embedding, config.num_numbers, config.bins, config.width, config.frequency_scale
        )
        if embedding is None and config.num_numbers:
            embedding = LinearEmbedding(config.num_numbers, config.width)
        self.numbers = embedding
        self.categories = CategoryEmbedding(config.cardinalities, config.width, bias=True) if config.cardinalities else None

    def forward(self, numbers: Tensor, categories: Tensor | None = None) -> Tensor:
        """Return the tokens of each row."""
        check_inputs(numbers, categories, self.num_numbers, self.num_categories)
        parts = [self.answer.expand(numbers.shape[0], 1, -1)]
        if self.numbers is not None:
            parts.append(self.numbers(numbers))
        if self.categories is not None and categories is not None:
            parts.append(self.categories(categories))
        return torch.cat(parts, dim=1)


class TransformerBlock(nn.Module):
    """Attention between the tokens, then a gated feed-forward layer (ReGLU) for each token by itself.

    Args:
        config: sizes and choices of the whole model.
        is_first: the first block has no norm before its attention.

    Shapes: (B, T, D) to (B, Q, D).
    """

    def __init__(self, config: FtTransformerConfig, *, is_first: bool) -> None:
        super().__init__()
        hidden_size = max(1, int(config.width * config.hidden_factor))
        self.attention_norm = nn.Identity() if is_first else nn.LayerNorm(config.width)
        self.attention = MultiheadAttention(config.width, config.num_heads, config.attention_dropout)
        self.feed_norm = nn.LayerNorm(config.width)
        self.feed_in = nn.Linear(config.width, 2 * hidden_size)  # half of it gates the other half
        self.feed_out = nn.Linear(hidden_size, config.width)
        self.dropout = Dropout(config.dropout)
        self.residual_dropout = Dropout(config.residual_dropout)

    def forward(self, tokens: Tensor, num_queries: int) -> Tensor:
        """Return the first `num_queries` tokens, changed."""
        normed = self.attention_norm(tokens)
        x = tokens[:, :num_queries] + self.residual_dropout(self.attention(normed[:, :num_queries], normed))
        value, gate = self.feed_in(self.feed_norm(x)).chunk(2, dim=-1)
        return x + self.residual_dropout(self.feed_out(self.dropout(value * gate.relu())))


TINY = {"width": 32, "depth": 2, "num_heads": 4}
MODELS = {
    "ft-transformer": Architecture(FtTransformer, FtTransformerConfig, reads="table"),
    "ft-transformer-tiny": Architecture(FtTransformer, FtTransformerConfig, reads="table", sizes=TINY),
}
