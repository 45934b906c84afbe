"""Transformer encoder over the steps of a series (Zerveas et al. 2021, arXiv 2010.02803, section 3; Vaswani et al. 2017).

Each step becomes a token by one linear layer (equation 1), gets its position added, and attends to all other steps of its row.
Sizes are those of the first paper's code: width 64, 3 blocks, 8 heads, 256 hidden units, dropout 0.1.
Differs: layer normalization, before each part of a block, instead of batch normalization behind it, so that padding counts
nowhere; positions are sines, which any length has; the steps are pooled to one answer instead of laid side by side.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.encoder_block import EPSILON, EncoderBlock
from espalier.models.layers.options import check_count, check_fraction, check_series_sizes
from espalier.models.layers.positions import sinusoids
from espalier.models.layers.series_pooling import SeriesPooling
from espalier.models.layers.valid_steps import check_series, valid_steps
from espalier.models.layers.window_norm import WindowNorm


@dataclass(frozen=True)
class SeriesTransformerConfig:
    """What a transformer over steps is built from.

    Args:
        in_channels: C.
        num_outputs: K.
        width: length of a token, even and a multiple of num_heads.
        depth: blocks.
        num_heads: ways in which steps look at one another.
        hidden_size: units inside a block's feed-forward network.
        pooling: how the tokens become one: "last", "mean", "max" or "attention".
        dropout: share of tokens and of the answers in each block set to zero in training, 0 to below 1.
        normalize: what is taken away from each window, and given back to a forecast: "none", "last" (its last value) or
            "window" (its mean and deviation).
        out_channels: V, the first channels, when they are forecast.
        horizon: H, steps of the forecast.
        outputs_per_step: Q, numbers of each step of the forecast.
        output_roles: of these numbers, for `normalize`: "level", "log_scale" or "shape"; empty when all are levels.
    """

    in_channels: int
    num_outputs: int
    width: int = 64
    depth: int = 3
    num_heads: int = 8
    hidden_size: int = 256
    pooling: str = "mean"
    dropout: float = 0.1
    normalize: str = "none"
    out_channels: int = 0
    horizon: int = 0
    outputs_per_step: int = 1
    output_roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_series_sizes(self.in_channels, self.num_outputs, (self.out_channels, self.horizon, self.outputs_per_step))
        for option in ("width", "depth", "num_heads", "hidden_size"):
            check_count(option, getattr(self, option))
        if self.width % 2:
            raise ValueError(f"width is {self.width}, expected an even number: a sine and a cosine for each wave of a position")
        check_fraction("dropout", self.dropout)


class SeriesTransformer(nn.Module):
    """Transformer over steps: every step of a series looks at every other.

    For windows up to some hundreds of steps in which far steps belong together; the cost grows with the square of the length,
    and it needs more rows than a convolutional network.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T), lengths (B,) to (B, K).
    """

    def __init__(self, config: SeriesTransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.window_norm = WindowNorm(config.normalize, config.out_channels, config.horizon, config.output_roles)
        self.embed = nn.Linear(config.in_channels, config.width)
        self.dropout = Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            EncoderBlock(config.width, config.num_heads, config.hidden_size, config.dropout) for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(config.width, eps=EPSILON)
        self.pooling = SeriesPooling(config.pooling, config.width)
        self.head = nn.Linear(config.width, config.num_outputs)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        check_series(series, lengths, self.config.in_channels)
        valid = valid_steps(series, lengths)
        series, level = self.window_norm(series, valid)
        tokens = self.embed(series.transpose(1, 2))  # (B, T, D)
        tokens = self.dropout(tokens + sinusoids(series.shape[2], self.config.width, tokens))
        for block in self.blocks:
            tokens = block(tokens, valid)
        return self.window_norm.give_back(self.head(self.pooling(self.norm(tokens), valid)), level)


TINY = {"width": 16, "depth": 2, "num_heads": 2, "hidden_size": 32}
MODELS = {
    "series-transformer": Architecture(SeriesTransformer, SeriesTransformerConfig, reads="series"),
    "series-transformer-tiny": Architecture(SeriesTransformer, SeriesTransformerConfig, reads="series", sizes=TINY),
}
