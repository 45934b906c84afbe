"""Dense autoencoder (Hinton, Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural Networks", Science 313).

Layers that become narrower down to a code, and the same widths back: x' = g(f(x)).
Differs: ReLU instead of logistic units, and all layers learn at once, without learning each beforehand.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dense import dense_layers, halving_widths
from espalier.models.layers.options import check_count, check_fraction
from espalier.models.layers.reconstruction import Noise, check_reconstruction
from espalier.models.layers.valid_steps import check_series, valid_steps, without_padding


@dataclass(frozen=True)
class DenseAutoencoderConfig:
    """What a dense autoencoder is built from.

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


class DenseAutoencoder(nn.Module):
    """Dense autoencoder: a window is brought down to a few numbers and back by layers that bend.

    For windows of one length whose steps stand at fixed places, such as a heart beat.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T) to (B, C * T), laid out as (C, T).
    """

    def __init__(self, config: DenseAutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.noise = Noise(config.noise)
        widths = halving_widths(config.width, config.depth)
        self.encoder = dense_layers([config.num_outputs, *widths], config.dropout)
        self.code = nn.Linear(widths[-1], config.code_size)
        self.decoder = dense_layers([config.code_size, *reversed(widths)], config.dropout)
        self.head = nn.Linear(widths[0], config.num_outputs)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the window, written anew."""
        check_series(series, lengths, self.config.in_channels, self.config.length)
        valid = valid_steps(series, lengths)
        seen = without_padding(self.noise(series), valid)
        return self.head(self.decoder(self.code(self.encoder(seen.flatten(1)))))


ANOMALY = ("anomaly",)
MODELS = {
    "dense-autoencoder": Architecture(DenseAutoencoder, DenseAutoencoderConfig, reads="series", only=ANOMALY),
    "dense-autoencoder-tiny": Architecture(
        DenseAutoencoder, DenseAutoencoderConfig, reads="series", sizes={"width": 32, "depth": 1, "code_size": 8}, only=ANOMALY
    ),
}
