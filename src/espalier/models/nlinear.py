"""NLinear (Zeng et al. 2022, "Are Transformers Effective for Time Series Forecasting?", arXiv 2205.13504, section 3).

The last known value is taken from the window and added to the forecast: x_H = W (x - x_T) + x_T, with one layer over time for
all channels.
Differs: channels that are not forecast add a linear function of their windows, zero at first; steps may hold several numbers;
`normalize` is an option, "last" by default.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.covariates import Covariates
from espalier.models.layers.options import check_count, check_forecast
from espalier.models.layers.valid_steps import check_series, valid_steps
from espalier.models.layers.window_norm import WindowNorm


@dataclass(frozen=True)
class NLinearConfig:
    """What an NLinear is built from.

    Args:
        in_channels: C.
        length: T, steps of the window.
        num_outputs: K = V * H * Q.
        out_channels: V, the first channels, which are forecast.
        horizon: H, steps of the forecast.
        outputs_per_step: Q, numbers of each step of the forecast.
        normalize: what is taken away from each window, and given back to the forecast: "none", "last" (its last value) or
            "window" (its mean and deviation).
        output_roles: of the Q numbers, for `normalize`: "level", "log_scale" or "shape"; empty when all are levels.
    """

    in_channels: int
    length: int
    num_outputs: int
    out_channels: int
    horizon: int
    outputs_per_step: int
    normalize: str = "last"
    output_roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_forecast(self.in_channels, self.num_outputs, (self.out_channels, self.horizon, self.outputs_per_step))
        check_count("length", self.length)


class NLinear(nn.Module):
    """Linear forecast of the change since the last known value: the smallest network for a forecast.

    For series whose level wanders, where a forecast that learns the level itself is off as soon as the level moves. It holds
    T H weights, whatever the number of channels.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T) to (B, V * H * Q).
    """

    def __init__(self, config: NLinearConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = WindowNorm(config.normalize, config.out_channels, config.horizon, config.output_roles)
        self.linear = nn.Linear(config.length, config.horizon * config.outputs_per_step)
        num_further = config.in_channels - config.out_channels
        self.covariates = Covariates(num_further, config.length, config.num_outputs) if num_further else None

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the forecast, laid out as (V, H, Q)."""
        check_series(series, lengths, self.config.in_channels, self.config.length)
        valid = valid_steps(series, lengths)
        series, level = self.norm(series, valid)
        forecast = self.linear(series[:, : self.config.out_channels]).flatten(1)  # (B, V * H * Q)
        if self.covariates is not None:
            forecast = self.covariates(series[:, self.config.out_channels :], forecast)
        return self.norm.give_back(forecast, level)


FORECASTING = ("forecasting",)
MODELS = {
    "nlinear": Architecture(NLinear, NLinearConfig, reads="series", only=FORECASTING),
    "nlinear-tiny": Architecture(NLinear, NLinearConfig, reads="series", only=FORECASTING),
}
