"""Fully convolutional network over time (Wang, Yan, Oates 2017, arXiv 1611.06455, section II-B and figure 1b).

Three convolutions with filters of 8, 5 and 3 steps and 128, 256 and 128 channels, each with batch normalization and ReLU; the
mean over time gives the answer.
Differs: convolutions have no bias, which the norm would take away; `pooling` is an option; padding counts in no norm.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_fraction, check_series_sizes
from espalier.models.layers.series_conv import ConvNormRelu, as_picture, as_steps
from espalier.models.layers.series_pooling import SeriesPooling
from espalier.models.layers.valid_steps import check_series, valid_steps, without_padding


@dataclass(frozen=True)
class Cnn1dConfig:
    """What a convolutional network over time is built from.

    Args:
        in_channels: C.
        num_outputs: K.
        width: channels of the first and the last convolution; those between have twice as many.
        kernel_sizes: steps of the filter of each convolution.
        pooling: how the answers at all steps become one: "last", "mean", "max" or "attention".
        dropout: share of what the last layer reads set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    width: int = 128
    kernel_sizes: tuple[int, ...] = (8, 5, 3)
    pooling: str = "mean"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_series_sizes(self.in_channels, self.num_outputs)
        check_count("width", self.width)
        if not isinstance(self.kernel_sizes, tuple) or not self.kernel_sizes:
            raise ValueError(f"kernel_sizes is {self.kernel_sizes!r}, expected a list of steps, for example [8, 5, 3]")
        for size in self.kernel_sizes:
            check_count("a number of kernel_sizes", size)
        check_fraction("dropout", self.dropout)


class Cnn1d(nn.Module):
    """Convolutions over time and a mean: a strong and quick first network for windows with a class.

    It sees patterns of a few steps wherever they stand, and not where they stand.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T), lengths (B,) to (B, K).
    """

    def __init__(self, config: Cnn1dConfig) -> None:
        super().__init__()
        self.config = config
        num_layers = len(config.kernel_sizes)
        widths = [config.width * (2 if 0 < number < num_layers - 1 else 1) for number in range(num_layers)]
        self.layers = nn.ModuleList(
            ConvNormRelu(before, after, size)
            for before, after, size in zip([config.in_channels, *widths], widths, config.kernel_sizes, strict=False)
        )
        self.pooling = SeriesPooling(config.pooling, config.width)
        self.dropout = Dropout(config.dropout)
        self.head = nn.Linear(config.width, config.num_outputs)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        check_series(series, lengths, self.config.in_channels)
        valid = valid_steps(series, lengths)
        x = as_picture(without_padding(series, valid))
        for layer in self.layers:
            x = layer(x, valid)
        return self.head(self.dropout(self.pooling(as_steps(x), valid)))


MODELS = {
    "cnn1d": Architecture(Cnn1d, Cnn1dConfig, reads="series"),
    "cnn1d-tiny": Architecture(Cnn1d, Cnn1dConfig, reads="series", sizes={"width": 16}),
}
