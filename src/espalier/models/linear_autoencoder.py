"""Linear autoencoder (Baldi, Hornik 1989, "Neural Networks and Principal Component Analysis", Neural Networks 2, section 2).

x' = W2 (W1 x + b1) + b2 with a short code between. With squared error the best one spans the first principal components.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.options import check_count
from espalier.models.layers.reconstruction import Noise, check_reconstruction
from espalier.models.layers.valid_steps import check_series, valid_steps, without_padding


@dataclass(frozen=True)
class LinearAutoencoderConfig:
    """What a linear autoencoder is built from.

    Args:
        in_channels: C.
        length: T, steps of the window.
        num_outputs: K = C * T.
        code_size: numbers that the window is brought down to.
        noise: deviation of the noise put on the input in training, 0 for none.
    """

    in_channels: int
    length: int
    num_outputs: int
    code_size: int = 16
    noise: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_reconstruction(self.in_channels, self.length, self.num_outputs)
        check_count("code_size", self.code_size)


class LinearAutoencoder(nn.Module):
    """Linear autoencoder: a window is brought down to a few numbers and back; what does not fit is odd.

    The principal components of windows, learnt by descent: a yardstick for the deeper ones.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T) to (B, C * T), laid out as (C, T).
    """

    def __init__(self, config: LinearAutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.noise = Noise(config.noise)
        self.encoder = nn.Linear(config.num_outputs, config.code_size)
        self.decoder = nn.Linear(config.code_size, config.num_outputs)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the window, written anew."""
        check_series(series, lengths, self.config.in_channels, self.config.length)
        valid = valid_steps(series, lengths)
        seen = without_padding(self.noise(series), valid)
        return self.decoder(self.encoder(seen.flatten(1)))


ANOMALY = ("anomaly",)
MODELS = {
    "linear-autoencoder": Architecture(LinearAutoencoder, LinearAutoencoderConfig, reads="series", only=ANOMALY),
    "linear-autoencoder-tiny": Architecture(
        LinearAutoencoder, LinearAutoencoderConfig, reads="series", sizes={"code_size": 8}, only=ANOMALY
    ),
}
