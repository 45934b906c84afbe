"""InceptionTime (Fawaz et al. 2020, arXiv 1909.04939, figures 1 and 2).

Six modules; each brings the channels down to 32, looks at them with filters of 40, 20 and 10 steps side by side, adds a fourth
look through the greatest of three steps, and puts the 4 x 32 channels through batch normalization and ReLU. What goes into
every third module's group is added to what comes out. The mean over time gives the answer.
Differs: one network, where the paper takes the mean of five; `pooling` is an option; padding counts in no norm.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_fraction, check_series_sizes
from espalier.models.layers.series_conv import ConvNormRelu, SeriesConv, SeriesNorm, as_picture, as_steps
from espalier.models.layers.series_pooling import SeriesPooling
from espalier.models.layers.valid_steps import check_series, valid_steps, without_padding

GROUP = 3  # modules from one shortcut to the next
LOOKS = 4  # of a module, side by side


@dataclass(frozen=True)
class InceptionTimeConfig:
    """What an InceptionTime is built from.

    Args:
        in_channels: C.
        num_outputs: K.
        width: channels of each look and of the bottleneck; a module gives four times as many.
        depth: modules.
        kernel_size: steps of the longest filter, 4 or more; the others have a half and a quarter.
        pooling: how the answers at all steps become one: "last", "mean", "max" or "attention".
        dropout: share of what the last layer reads set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    width: int = 32
    depth: int = 6
    kernel_size: int = 40
    pooling: str = "mean"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_series_sizes(self.in_channels, self.num_outputs)
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_count("kernel_size", self.kernel_size, least=4)
        check_fraction("dropout", self.dropout)


class InceptionTime(nn.Module):
    """Filters of many lengths side by side: one of the most accurate networks for windows with a class.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T), lengths (B,) to (B, K).
    """

    def __init__(self, config: InceptionTimeConfig) -> None:
        super().__init__()
        self.config = config
        out_channels = LOOKS * config.width
        groups = [range(first, min(first + GROUP, config.depth)) for first in range(0, config.depth, GROUP)]
        self.groups = nn.ModuleList(
            InceptionGroup(out_channels if number else config.in_channels, config.width, config.kernel_size, len(group))
            for number, group in enumerate(groups)
        )
        self.pooling = SeriesPooling(config.pooling, out_channels)
        self.dropout = Dropout(config.dropout)
        self.head = nn.Linear(out_channels, config.num_outputs)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        check_series(series, lengths, self.config.in_channels)
        valid = valid_steps(series, lengths)
        x = as_picture(without_padding(series, valid))
        for group in self.groups:
            x = group(x, valid)
        return self.head(self.dropout(self.pooling(as_steps(x), valid)))


class InceptionGroup(nn.Module):
    """Up to three modules; a full group adds its input to its answer.

    Args:
        in_channels: channels of the input.
        width: channels of each look.
        kernel_size: steps of the longest filter.
        depth: modules, 1 to 3.

    Shapes: (B, in_channels, 1, T) and truth values (B, T) to (B, 4 * width, 1, T).
    """

    def __init__(self, in_channels: int, width: int, kernel_size: int, depth: int) -> None:
        super().__init__()
        sizes = [in_channels] + [LOOKS * width] * (depth - 1)
        self.modules_in_order = nn.ModuleList(InceptionModule(size, width, kernel_size) for size in sizes)
        is_full = depth == GROUP
        self.shortcut = ConvNormRelu(in_channels, LOOKS * width, 1, activation=False) if is_full else None

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        """Return the answer of the last module, with the input when the group is full."""
        answer = x
        for module in self.modules_in_order:
            answer = module(answer, valid)
        return answer if self.shortcut is None else torch.relu(answer + self.shortcut(x, valid))


class InceptionModule(nn.Module):
    """Three filters of different lengths and a pooling, side by side.

    Args:
        in_channels: channels of the input; one channel has no bottleneck before the filters.
        width: channels of each look.
        kernel_size: steps of the longest filter.

    Shapes: (B, in_channels, 1, T) and truth values (B, T) to (B, 4 * width, 1, T).
    """

    def __init__(self, in_channels: int, width: int, kernel_size: int) -> None:
        super().__init__()
        narrow = in_channels > 1
        self.bottleneck = SeriesConv(in_channels, width, 1, bias=False) if narrow else nn.Identity()
        self.filters = nn.ModuleList(
            SeriesConv(width if narrow else in_channels, width, kernel_size // 2**number, bias=False) for number in range(3)
        )
        self.pooled = SeriesConv(in_channels, width, 1, bias=False)
        self.norm = SeriesNorm(LOOKS * width)

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        """Return the four looks, normalized and through a ReLU."""
        narrow = self.bottleneck(x)
        looks = [look(narrow) for look in self.filters]
        looks.append(self.pooled(_greatest_of_three(x, valid)))
        return torch.relu(self.norm(torch.cat(looks, dim=1), valid))


def _greatest_of_three(x: Tensor, valid: Tensor | None) -> Tensor:
    """Return for each step the greatest value of itself and its neighbours, as far as they are the row's own."""
    if valid is None:
        return F.max_pool2d(x, (1, 3), stride=1, padding=(0, 1))
    beyond = ~valid[:, None, None]
    return F.max_pool2d(x.masked_fill(beyond, -torch.inf), (1, 3), stride=1, padding=(0, 1)).masked_fill(beyond, 0.0)


MODELS = {
    "inception-time": Architecture(InceptionTime, InceptionTimeConfig, reads="series"),
    "inception-time-tiny": Architecture(
        InceptionTime, InceptionTimeConfig, reads="series", sizes={"width": 4, "depth": 3, "kernel_size": 12}
    ),
}
