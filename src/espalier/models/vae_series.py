"""Variational autoencoder for windows (Kingma, Welling 2014, arXiv 1312.6114, section 3 and appendix C).

The encoder says a mean and a logarithm of the variance for each number of the code; the code is drawn from that,
z = mean + std * e with e normal, and the decoder writes the window from it. The loss adds the Kullback-Leibler
distance of the code from the standard normal, -1/2 sum(1 + log var - mean^2 - var) (appendix B), which the task does from
`parts`.
Differs: ReLU instead of tanh; in evaluation the code is its mean, so that a window gets the same answer twice.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dense import dense_layers, halving_widths
from espalier.models.layers.options import check_count, check_fraction
from espalier.models.layers.reconstruction import Noise, check_reconstruction
from espalier.models.layers.valid_steps import check_series, valid_steps, without_padding

FIRST_LOG_VARIANCE = -4.0  # the code begins nearly certain, so that the decoder has something to learn from


@dataclass(frozen=True)
class VaeSeriesConfig:
    """What a variational autoencoder is built from.

    Args:
        in_channels: C.
        length: T, steps of the window.
        num_outputs: K = C * T.
        width: units of the first hidden layer; each further one has half as many.
        depth: hidden layers before the code, and as many behind it.
        code_size: numbers that the window is brought down to.
        dropout: share of hidden units set to zero in training, 0 to below 1.
        noise: deviation of the noise put on the input in training, 0 for none.
    """

    in_channels: int
    length: int
    num_outputs: int
    width: int = 128
    depth: int = 2
    code_size: int = 16
    dropout: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_reconstruction(self.in_channels, self.length, self.num_outputs)
        for option in ("width", "depth", "code_size"):
            check_count(option, getattr(self, option))
        check_fraction("dropout", self.dropout)


class Parts(NamedTuple):
    """What the loss of a variational autoencoder is made of: the window anew (B, C * T), and the code's distribution (B, D)."""

    reconstruction: Tensor
    mean: Tensor
    log_variance: Tensor


class VaeSeries(nn.Module):
    """Variational autoencoder: learns how windows are distributed, and writes each from the likeliest code.

    Its code is a cloud rather than a point, so that it copies less than a plain autoencoder does and odd windows stand out.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T) to (B, C * T), laid out as (C, T).
    """

    def __init__(self, config: VaeSeriesConfig) -> None:
        super().__init__()
        self.config = config
        self.noise = Noise(config.noise)
        widths = halving_widths(config.width, config.depth)
        self.encoder = dense_layers([config.num_outputs, *widths], config.dropout)
        self.mean = nn.Linear(widths[-1], config.code_size)
        self.log_variance = nn.Linear(widths[-1], config.code_size)
        self.decoder = dense_layers([config.code_size, *reversed(widths)], config.dropout)
        self.head = nn.Linear(widths[0], config.num_outputs)
        nn.init.constant_(self.log_variance.bias, FIRST_LOG_VARIANCE)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the window, written anew; in training from a code that is drawn."""
        return self.parts(series, lengths).reconstruction

    def parts(self, series: Tensor, lengths: Tensor | None = None) -> Parts:
        """Return what the loss is made of.

        Args:
            series: (B, C, T).
            lengths: steps of each row (B,), or None when all are its own.
        """
        check_series(series, lengths, self.config.in_channels, self.config.length)
        valid = valid_steps(series, lengths)
        hidden = self.encoder(without_padding(self.noise(series), valid).flatten(1))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        code = mean + (0.5 * log_variance).exp() * torch.randn_like(mean) if self.training else mean
        return Parts(self.head(self.decoder(code)), mean, log_variance)


ANOMALY = ("anomaly",)
TINY = {"width": 32, "depth": 1, "code_size": 8}
MODELS = {
    "vae-series": Architecture(VaeSeries, VaeSeriesConfig, reads="series", only=ANOMALY),
    "vae-series-tiny": Architecture(VaeSeries, VaeSeriesConfig, reads="series", sizes=TINY, only=ANOMALY),
}
