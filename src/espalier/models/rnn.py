"""Plain recurrent network (Elman 1990, "Finding Structure in Time", Cognitive Science 14).

Each step: h_t = tanh(W x_t + b + U h_t-1), or a ReLU in place of tanh (Le, Jaitly, Hinton 2015, arXiv 1504.00941).
Differs: weights have the shapes and the two biases of `torch.nn.RNN`; U begins orthogonal, where Le et al. take the identity.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_choice, check_count, check_flag, check_fraction, check_series_sizes
from espalier.models.layers.recurrent import Recurrent
from espalier.models.layers.series_pooling import SeriesPooling
from espalier.models.layers.valid_steps import check_series, valid_steps
from espalier.models.layers.window_norm import WindowNorm

ACTIVATIONS = ("tanh", "relu")


@dataclass(frozen=True)
class RnnConfig:
    """What a plain recurrent network is built from.

    Args:
        in_channels: C.
        num_outputs: K.
        width: units of each layer and direction.
        depth: layers.
        activation: "tanh", or "relu", which does not saturate but may grow without limit.
        bidirectional: whether each layer also runs from the end to the beginning.
        pooling: how the answers at all steps become one: "last", "mean", "max" or "attention".
        dropout: share of units set to zero in training between layers and before the outputs, 0 to below 1.
        variational: whether a unit is dropped at all steps of a row at once, or at each step anew.
        normalize: what is taken away from each window, and given back to a forecast: "none", "last" (its last value) or
            "window" (its mean and deviation).
        out_channels: V, the first channels, when they are forecast.
        horizon: H, steps of the forecast.
        outputs_per_step: Q, numbers of each step of the forecast.
        output_roles: of these numbers, for `normalize`: "level", "log_scale" or "shape"; empty when all are levels.
    """

    in_channels: int
    num_outputs: int
    width: int = 128
    depth: int = 2
    activation: str = "tanh"
    bidirectional: bool = False
    pooling: str = "last"
    dropout: float = 0.0
    variational: bool = False
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
        check_choice("activation", self.activation, ACTIVATIONS)
        check_flag("bidirectional", self.bidirectional)
        check_fraction("dropout", self.dropout)
        check_flag("variational", self.variational)


class Rnn(nn.Module):
    """Plain recurrent network: each step mixes the input with what was said before; it forgets after some tens of steps.

    For a course and as a yardstick: an LSTM keeps what it has read far longer.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T), lengths (B,) to (B, K).
    """

    def __init__(self, config: RnnConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = WindowNorm(config.normalize, config.out_channels, config.horizon, config.output_roles)
        self.recurrent = Recurrent(
            config.activation,
            config.in_channels,
            config.width,
            config.depth,
            config.bidirectional,
            config.dropout,
            config.variational,
        )
        self.pooling = SeriesPooling(config.pooling, self.recurrent.out_channels, config.bidirectional)
        self.dropout = Dropout(config.dropout)
        self.head = nn.Linear(self.recurrent.out_channels, config.num_outputs)
        nn.init.zeros_(self.head.bias)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        check_series(series, lengths, self.config.in_channels)
        valid = valid_steps(series, lengths)
        series, level = self.norm(series, valid)
        steps = self.recurrent(series.permute(2, 0, 1), None if valid is None else lengths)  # (T, B, D)
        pooled = self.pooling(steps.transpose(0, 1), valid)  # (B, D)
        return self.norm.give_back(self.head(self.dropout(pooled)), level)


MODELS = {
    "rnn": Architecture(Rnn, RnnConfig, reads="series"),
    "rnn-tiny": Architecture(Rnn, RnnConfig, reads="series", sizes={"width": 16, "depth": 1}),
}
