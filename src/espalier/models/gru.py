"""Gated recurrent unit (Cho et al. 2014, arXiv 1406.1078, equations 5 to 8).

Each step: reset gate r and update gate z = sigmoid(W x_t + U h_t-1 + b), candidate n = tanh(W x_t + b + r (U h_t-1 + b)),
answer h_t = (1 - z) n + z h_t-1.
Differs: the reset gate works on U h_t-1 rather than on h_t-1, as in `torch.nn.GRU`, whose weights it has.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_flag, check_fraction, check_series_sizes
from espalier.models.layers.recurrent import Recurrent
from espalier.models.layers.series_pooling import SeriesPooling
from espalier.models.layers.valid_steps import check_series, valid_steps
from espalier.models.layers.window_norm import WindowNorm


@dataclass(frozen=True)
class GruConfig:
    """What a GRU is built from.

    Args:
        in_channels: C.
        num_outputs: K.
        width: units of each layer and direction.
        depth: layers.
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
        check_flag("bidirectional", self.bidirectional)
        check_fraction("dropout", self.dropout)
        check_flag("variational", self.variational)


class Gru(nn.Module):
    """Gated recurrent unit: an LSTM's younger kin with two gates and no separate state.

    About as good as an LSTM, with three quarters of its weights. On a CPU it is not the quicker one: there torch has a faster
    kernel for the LSTM.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T), lengths (B,) to (B, K).
    """

    def __init__(self, config: GruConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = WindowNorm(config.normalize, config.out_channels, config.horizon, config.output_roles)
        self.recurrent = Recurrent(
            "gru", config.in_channels, config.width, config.depth, config.bidirectional, config.dropout, config.variational
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
    "gru": Architecture(Gru, GruConfig, reads="series"),
    "gru-tiny": Architecture(Gru, GruConfig, reads="series", sizes={"width": 16, "depth": 1}),
}
