"""LSTM autoencoder (Malhotra et al. 2016, "LSTM-based Encoder-Decoder for Multi-sensor Anomaly Detection", arXiv 1607.00148).

One LSTM reads the window; its last answer becomes a code; a second LSTM writes the window from its last step to its first
(section 2.1), which is easier: what was read last is written first.
Differs: at every step the decoder reads the code and its place as waves, rather than the value it wrote before, so that its
steps are one call and it need not count; the code may be shorter than the state.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_fraction
from espalier.models.layers.positions import sinusoids
from espalier.models.layers.reconstruction import Noise, check_reconstruction
from espalier.models.layers.recurrent import Recurrent
from espalier.models.layers.series_pooling import SeriesPooling
from espalier.models.layers.valid_steps import check_series, valid_steps, without_padding

NUM_WAVES = 8  # sines and cosines that say which step is written


@dataclass(frozen=True)
class LstmAutoencoderConfig:
    """What an LSTM autoencoder is built from.

    Args:
        in_channels: C.
        length: T, steps of the window.
        num_outputs: K = C * T.
        width: units of each layer of both LSTMs.
        depth: layers of both.
        code_size: numbers that the window is brought down to.
        dropout: share of units set to zero in training between layers and before the outputs, 0 to below 1.
        noise: deviation of the noise put on the input in training, 0 for none.
    """

    in_channels: int
    length: int
    num_outputs: int
    width: int = 64
    depth: int = 1
    code_size: int = 16
    dropout: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_reconstruction(self.in_channels, self.length, self.num_outputs)
        for option in ("width", "depth", "code_size"):
            check_count(option, getattr(self, option))
        check_fraction("dropout", self.dropout)


class LstmAutoencoder(nn.Module):
    """LSTM autoencoder: one LSTM reads a window into a few numbers, another writes it from them.

    For windows whose steps follow from one another; it learns more slowly than the dense and the convolutional one.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T) to (B, C * T), laid out as (C, T).
    """

    def __init__(self, config: LstmAutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.noise = Noise(config.noise)
        self.encoder = Recurrent("lstm", config.in_channels, config.width, config.depth, dropout=config.dropout)
        self.pooling = SeriesPooling("last", config.width)
        self.code = nn.Linear(config.width, config.code_size)
        self.decoder = Recurrent("lstm", config.code_size + NUM_WAVES, config.width, config.depth, dropout=config.dropout)
        self.dropout = Dropout(config.dropout)
        self.head = nn.Linear(config.width, config.in_channels)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the window, written anew."""
        check_series(series, lengths, self.config.in_channels, self.config.length)
        valid = valid_steps(series, lengths)
        seen = without_padding(self.noise(series), valid).permute(2, 0, 1)  # (T, B, C)
        code = self.code(self.pooling(self.encoder(seen).transpose(0, 1), valid))  # (B, D)
        places = sinusoids(len(seen), NUM_WAVES, code)[:, None].expand(-1, len(code), -1)  # (T, B, waves)
        written = self.decoder(torch.cat([code.expand(len(seen), -1, -1), places], dim=2))
        written = self.head(self.dropout(written))  # (T, B, C), the last step first
        return written.flip(0).permute(1, 2, 0).flatten(1)


ANOMALY = ("anomaly",)
TINY = {"width": 32, "code_size": 8}
MODELS = {
    "lstm-autoencoder": Architecture(LstmAutoencoder, LstmAutoencoderConfig, reads="series", only=ANOMALY),
    "lstm-autoencoder-tiny": Architecture(LstmAutoencoder, LstmAutoencoderConfig, reads="series", sizes=TINY, only=ANOMALY),
}
