"""Temporal convolutional network (Bai, Kolter, Koltun 2018, arXiv 1803.01271, figure 1).

Residual blocks of two causal convolutions, each with weight normalization, ReLU and dropout; the steps of a filter lie 1, 2,
4, ... apart from block to block, so that the last block sees 1 + 2 (k - 1) (2^depth - 1) steps: o = relu(x + F(x)). The last
step gives the answer. Defaults are those of the paper's runs on sequential MNIST (appendix A), dropout that of its code.
Differs: `pooling` and `normalize` are options; dropout drops single values, as the authors' code does, and not whole channels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_fraction, check_series_sizes
from espalier.models.layers.series_conv import SeriesConv, as_picture, as_steps
from espalier.models.layers.series_pooling import SeriesPooling
from espalier.models.layers.valid_steps import check_series, valid_steps
from espalier.models.layers.window_norm import WindowNorm


@dataclass(frozen=True)
class TcnConfig:
    """What a temporal convolutional network is built from.

    Args:
        in_channels: C.
        num_outputs: K.
        width: channels of each block.
        depth: blocks; each doubles how far back the last one sees.
        kernel_size: steps of a filter, 2 or more.
        pooling: how the answers at all steps become one: "last", "mean", "max" or "attention".
        dropout: share of values behind each convolution set to zero in training, 0 to below 1.
        normalize: what is taken away from each window, and given back to a forecast: "none", "last" (its last value) or
            "window" (its mean and deviation).
        out_channels: V, the first channels, when they are forecast.
        horizon: H, steps of the forecast.
        outputs_per_step: Q, numbers of each step of the forecast.
        output_roles: of these numbers, for `normalize`: "level", "log_scale" or "shape"; empty when all are levels.
    """

    in_channels: int
    num_outputs: int
    width: int = 25
    depth: int = 8
    kernel_size: int = 7
    pooling: str = "last"
    dropout: float = 0.05
    normalize: str = "none"
    out_channels: int = 0
    horizon: int = 0
    outputs_per_step: int = 1
    output_roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_series_sizes(self.in_channels, self.num_outputs, (self.out_channels, self.horizon, self.outputs_per_step))
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_count("kernel_size", self.kernel_size, least=2)
        check_fraction("dropout", self.dropout)


class Tcn(nn.Module):
    """Convolutions that look only back, further from block to block: what an LSTM does, with all steps at once.

    For windows of hundreds or thousands of steps, where a recurrent network takes long or forgets.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T), lengths (B,) to (B, K).
    """

    def __init__(self, config: TcnConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = WindowNorm(config.normalize, config.out_channels, config.horizon, config.output_roles)
        sizes = [config.in_channels] + [config.width] * config.depth
        self.blocks = nn.Sequential(
            *(
                TemporalBlock(before, after, config.kernel_size, 2**number, config.dropout)
                for number, (before, after) in enumerate(zip(sizes[:-1], sizes[1:], strict=True))
            )
        )
        self.pooling = SeriesPooling(config.pooling, config.width)
        self.head = nn.Linear(config.width, config.num_outputs)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        check_series(series, lengths, self.config.in_channels)
        valid = valid_steps(series, lengths)
        series, level = self.norm(series, valid)
        steps = as_steps(self.blocks(as_picture(series)))  # (B, T, D); each has seen only what was before it
        return self.norm.give_back(self.head(self.pooling(steps, valid)), level)


class TemporalBlock(nn.Module):
    """Two causal convolutions whose answer is added to the input.

    Args:
        in_channels: channels of the input.
        out_channels: channels of both convolutions.
        kernel_size: steps of a filter.
        dilation: steps from one of the filter to the next.
        dropout: share of values set to zero in training, 0 to below 1.

    Shapes: (B, in_channels, 1, T) to (B, out_channels, 1, T).
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, dilation: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before in (in_channels, out_channels):
            conv = weight_norm(SeriesConv(before, out_channels, kernel_size, dilation=dilation, causal=True))
            layers += [conv, nn.ReLU(), Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        self.shortcut = nn.Identity() if in_channels == out_channels else SeriesConv(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the input with what the block adds."""
        return torch.relu(self.layers(x) + self.shortcut(x))


MODELS = {
    "tcn": Architecture(Tcn, TcnConfig, reads="series"),
    "tcn-tiny": Architecture(Tcn, TcnConfig, reads="series", sizes={"width": 12, "depth": 4, "kernel_size": 3}),
}
