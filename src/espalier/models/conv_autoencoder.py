"""Convolutional autoencoder over time (Masci et al. 2011, "Stacked Convolutional Auto-Encoders", ICANN, section 3).

Convolutions and poolings bring the window down in time, a last one brings the channels down to a code at each place; drawing
out and convolutions bring it back.
Differs: the mean of two steps instead of the greatest value, batch normalization, and each step repeated on the way back
(Odena et al. 2016, "Deconvolution and Checkerboard Artifacts"); all layers learn at once.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.options import check_count
from espalier.models.layers.reconstruction import Noise, check_reconstruction
from espalier.models.layers.series_conv import ConvNormRelu, SeriesConv, as_picture
from espalier.models.layers.valid_steps import check_series, valid_steps, without_padding


@dataclass(frozen=True)
class ConvAutoencoderConfig:
    """What a convolutional autoencoder is built from.

    Args:
        in_channels: C.
        length: T, steps of the window.
        num_outputs: K = C * T.
        width: channels of each convolution.
        depth: times that the window is halved in time.
        code_channels: channels of the code, at each of its T / 2^depth places.
        kernel_size: steps of a filter.
        noise: deviation of the noise put on the input in training, 0 for none.
    """

    in_channels: int
    length: int
    num_outputs: int
    width: int = 32
    depth: int = 3
    code_channels: int = 4
    kernel_size: int = 7
    noise: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_reconstruction(self.in_channels, self.length, self.num_outputs)
        for option in ("width", "depth", "code_channels", "kernel_size"):
            check_count(option, getattr(self, option))


class ConvAutoencoder(nn.Module):
    """Convolutional autoencoder: a window is brought down in time and back by filters that are the same everywhere.

    For windows whose patterns may stand anywhere, such as pieces of a long recording.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T) to (B, C * T), laid out as (C, T).
    """

    def __init__(self, config: ConvAutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.noise = Noise(config.noise)
        size, width, code = config.kernel_size, config.width, config.code_channels
        down = [config.in_channels] + [width] * config.depth
        up = [code] + [width] * config.depth
        self.encoder = nn.ModuleList(ConvNormRelu(one, width, size) for one in down[:-1])
        self.code = SeriesConv(width, code, 1)
        self.decoder = nn.ModuleList(ConvNormRelu(one, width, size) for one in up[:-1])
        self.head = SeriesConv(width, config.in_channels, size)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the window, written anew."""
        check_series(series, lengths, self.config.in_channels, self.config.length)
        valid = valid_steps(series, lengths)
        x = as_picture(without_padding(self.noise(series), valid))
        halves = 2**self.config.depth
        x = F.pad(x, (0, -series.shape[2] % halves))  # to a length that can be halved so often
        for layer in self.encoder:
            x = F.avg_pool2d(layer(x), (1, 2))
        x = self.code(x)
        for layer in self.decoder:
            x = layer(x.repeat_interleave(2, dim=3))
        return self.head(x)[:, :, 0, : series.shape[2]].flatten(1)


ANOMALY = ("anomaly",)
TINY = {"width": 16, "depth": 1, "code_channels": 6, "kernel_size": 5}
MODELS = {
    "conv-autoencoder": Architecture(ConvAutoencoder, ConvAutoencoderConfig, reads="series", only=ANOMALY),
    "conv-autoencoder-tiny": Architecture(ConvAutoencoder, ConvAutoencoderConfig, reads="series", sizes=TINY, only=ANOMALY),
}
