"""Residual network over time (Wang, Yan, Oates 2017, arXiv 1611.06455, section II-C and figure 1c).

Three blocks of three convolutions with filters of 8, 5 and 3 steps, each with batch normalization and, but for the last, ReLU;
the input of a block is added to its answer, y = relu(x + F(x)). Blocks have 64, 128 and 128 channels; the mean over time gives
the answer.
Differs: convolutions have no bias, which the norm would take away; `pooling` is an option; padding counts in no norm.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_fraction, check_series_sizes
from espalier.models.layers.series_conv import ConvNormRelu, SeriesNorm, as_picture, as_steps
from espalier.models.layers.series_pooling import SeriesPooling
from espalier.models.layers.valid_steps import check_series, valid_steps, without_padding

KERNEL_SIZES = (8, 5, 3)


@dataclass(frozen=True)
class Resnet1dConfig:
    """What a residual network over time is built from.

    Args:
        in_channels: C.
        num_outputs: K.
        width: channels of the first block; the others have twice as many.
        depth: blocks.
        pooling: how the answers at all steps become one: "last", "mean", "max" or "attention".
        dropout: share of what the last layer reads set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    width: int = 64
    depth: int = 3
    pooling: str = "mean"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_series_sizes(self.in_channels, self.num_outputs)
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_fraction("dropout", self.dropout)


class Resnet1d(nn.Module):
    """Residual blocks of convolutions over time: a strong network for windows with a class, deeper than the plain one.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T), lengths (B,) to (B, K).
    """

    def __init__(self, config: Resnet1dConfig) -> None:
        super().__init__()
        self.config = config
        sizes = [config.in_channels, config.width] + [2 * config.width] * (config.depth - 1)
        self.blocks = nn.ModuleList(SeriesBlock(before, after) for before, after in zip(sizes[:-1], sizes[1:], strict=True))
        self.pooling = SeriesPooling(config.pooling, sizes[-1])
        self.dropout = Dropout(config.dropout)
        self.head = nn.Linear(sizes[-1], config.num_outputs)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        check_series(series, lengths, self.config.in_channels)
        valid = valid_steps(series, lengths)
        x = as_picture(without_padding(series, valid))
        for block in self.blocks:
            x = block(x, valid)
        return self.head(self.dropout(self.pooling(as_steps(x), valid)))


class SeriesBlock(nn.Module):
    """Three convolutions whose answer is added to the input.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the convolutions.

    Shapes: (B, in_channels, 1, T) and truth values (B, T) to (B, out_channels, 1, T).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        sizes = (in_channels, out_channels, out_channels)
        self.layers = nn.ModuleList(
            ConvNormRelu(before, out_channels, kernel_size, activation=kernel_size != KERNEL_SIZES[-1])
            for before, kernel_size in zip(sizes, KERNEL_SIZES, strict=True)
        )
        same = in_channels == out_channels
        self.shortcut = SeriesNorm(in_channels) if same else ConvNormRelu(in_channels, out_channels, 1, activation=False)

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        """Return the input with what the block adds."""
        added = x
        for layer in self.layers:
            added = layer(added, valid)
        return torch.relu(added + self.shortcut(x, valid))


MODELS = {
    "resnet1d": Architecture(Resnet1d, Resnet1dConfig, reads="series"),
    "resnet1d-tiny": Architecture(Resnet1d, Resnet1dConfig, reads="series", sizes={"width": 8, "depth": 2}),
}
