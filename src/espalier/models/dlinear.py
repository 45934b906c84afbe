"""DLinear (Zeng et al. 2022, "Are Transformers Effective for Time Series Forecasting?", arXiv 2205.13504, section 3).

The window is parted into its trend, a moving average, and the rest; each goes through one linear layer over time, and the
forecast is their sum: x_H = W_trend trend(x) + W_rest (x - trend(x)). One pair of layers serves all channels.
Differs: channels that are not forecast add a linear function of their windows, zero at first; steps may hold several numbers;
`normalize` is an option.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.covariates import Covariates
from espalier.models.layers.moving_average import MovingAverage
from espalier.models.layers.options import check_count, check_forecast
from espalier.models.layers.valid_steps import check_series, valid_steps
from espalier.models.layers.window_norm import WindowNorm


@dataclass(frozen=True)
class DLinearConfig:
    """What a DLinear is built from.

    Args:
        in_channels: C.
        length: T, steps of the window.
        num_outputs: K = V * H * Q.
        out_channels: V, the first channels, which are forecast.
        horizon: H, steps of the forecast.
        outputs_per_step: Q, numbers of each step of the forecast.
        kernel_size: steps of the moving average, odd.
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
    kernel_size: int = 25
    normalize: str = "none"
    output_roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_forecast(self.in_channels, self.num_outputs, (self.out_channels, self.horizon, self.outputs_per_step))
        check_count("length", self.length)
        check_count("kernel_size", self.kernel_size)


class DLinear(nn.Module):
    """Linear forecast of the trend and of the rest: small, quick, and hard to beat on long horizons.

    The first network to try for a forecast. It holds 2 T H weights, whatever the number of channels.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T) to (B, V * H * Q).
    """

    def __init__(self, config: DLinearConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = WindowNorm(config.normalize, config.out_channels, config.horizon, config.output_roles)
        self.trend = MovingAverage(config.kernel_size)
        num_steps = config.horizon * config.outputs_per_step
        self.trend_linear = nn.Linear(config.length, num_steps)
        self.rest_linear = nn.Linear(config.length, num_steps)
        num_further = config.in_channels - config.out_channels
        self.covariates = Covariates(num_further, config.length, config.num_outputs) if num_further else None

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the forecast, laid out as (V, H, Q)."""
        check_series(series, lengths, self.config.in_channels, self.config.length)
        valid = valid_steps(series, lengths)
        series, level = self.norm(series, valid)
        own = series[:, : self.config.out_channels]  # (B, V, T)
        trend = self.trend(own)
        forecast = (self.trend_linear(trend) + self.rest_linear(own - trend)).flatten(1)
        if self.covariates is not None:
            forecast = self.covariates(series[:, self.config.out_channels :], forecast)
        return self.norm.give_back(forecast, level)


FORECASTING = ("forecasting",)
MODELS = {
    "dlinear": Architecture(DLinear, DLinearConfig, reads="series", only=FORECASTING),
    "dlinear-tiny": Architecture(DLinear, DLinearConfig, reads="series", sizes={"kernel_size": 5}, only=FORECASTING),
}
