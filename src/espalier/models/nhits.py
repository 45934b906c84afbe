"""N-HiTS (Challu et al. 2022, arXiv 2201.12886, section 3 and figure 2).

Each block looks at a coarser or finer view of the window, its greatest value in every k steps (section 3.1), and answers with a
few numbers (3.2) that are drawn out by linear interpolation: H / r knots of the forecast, and all of the window (3.3). What a
block has explained of the window is taken away before the next, and the forecasts are summed.
Defaults are those of the authors' package NeuralForecast.
Differs: the last known value is taken from the window and given back, where the authors' code adds it to the forecast; channels
that are not forecast are read by each block as they are; the last block explains no window, since nobody reads that.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_forecast, check_fraction
from espalier.models.layers.valid_steps import check_series, valid_steps
from espalier.models.layers.window_norm import WindowNorm


@dataclass(frozen=True)
class NHitsConfig:
    """What an N-HiTS is built from.

    Args:
        in_channels: C.
        length: T, steps of the window.
        num_outputs: K = V * H * Q.
        out_channels: V, the first channels, which are forecast.
        horizon: H, steps of the forecast.
        outputs_per_step: Q, numbers of each step of the forecast.
        pool_sizes: k of each stack: steps of the window that become one.
        steps_per_knot: r of each stack: steps of the forecast from one knot to the next.
        blocks_per_stack: blocks of each stack.
        width: units of the hidden layers of a block.
        depth: hidden layers of a block.
        dropout: share of hidden units set to zero in training, 0 to below 1.
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
    pool_sizes: tuple[int, ...] = (2, 2, 1)
    steps_per_knot: tuple[int, ...] = (4, 2, 1)
    blocks_per_stack: int = 1
    width: int = 512
    depth: int = 2
    dropout: float = 0.0
    normalize: str = "last"
    output_roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_forecast(self.in_channels, self.num_outputs, (self.out_channels, self.horizon, self.outputs_per_step))
        for option in ("length", "blocks_per_stack", "width", "depth"):
            check_count(option, getattr(self, option))
        for option in ("pool_sizes", "steps_per_knot"):
            values = getattr(self, option)
            if not isinstance(values, tuple) or not values:
                raise ValueError(f"{option} is {values!r}, expected a list with a number for each stack, for example [2, 2, 1]")
            for value in values:
                check_count(f"a number of {option}", value)
        counts = len(self.pool_sizes), len(self.steps_per_knot)
        if counts[0] != counts[1]:
            raise ValueError(f"pool_sizes has {counts[0]} stacks and steps_per_knot {counts[1]}: give both the same")
        check_fraction("dropout", self.dropout)


class NHits(nn.Module):
    """Stacks that look at coarse and fine views of a window, and forecast slow and quick changes apart.

    For many short series and for long horizons; quick, as it is made of small dense layers alone.

    Args:
        config: sizes and choices.

    Shapes: series (B, C, T) to (B, V * H * Q).
    """

    def __init__(self, config: NHitsConfig) -> None:
        super().__init__()
        self.config = config
        self.norm = WindowNorm(config.normalize, config.out_channels, config.horizon, config.output_roles)
        stacks = [
            sizes
            for sizes in zip(config.pool_sizes, config.steps_per_knot, strict=True)
            for _ in range(config.blocks_per_stack)
        ]
        self.blocks = nn.ModuleList(
            HitsBlock(config, pool_size, steps_per_knot, is_last=number == len(stacks))
            for number, (pool_size, steps_per_knot) in enumerate(stacks, start=1)
        )

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the forecast, laid out as (V, H, Q)."""
        check_series(series, lengths, self.config.in_channels, self.config.length)
        valid = valid_steps(series, lengths)
        series, level = self.norm(series, valid)
        num_forecast = self.config.out_channels
        further = series[:, num_forecast:].flatten(1)  # (B, (C - V) * T)
        further = further[:, None].expand(-1, num_forecast, -1).flatten(0, 1)  # (B * V, (C - V) * T)
        rest = series[:, :num_forecast].flatten(0, 1)  # (B * V, T)
        forecasts = []
        for block in self.blocks:
            explained, forecast = block(rest, further)
            rest = rest if explained is None else rest - explained
            forecasts.append(forecast)
        return self.norm.give_back(torch.stack(forecasts).sum(dim=0).view(len(series), -1), level)


class HitsBlock(nn.Module):
    """One block: pooling, dense layers, and knots drawn out to the horizon.

    Args:
        config: of the whole network.
        pool_size: k, steps of the window that become one.
        steps_per_knot: r, steps of the forecast from one knot to the next.
        is_last: whether no block comes behind, so that the window need not be explained.

    Shapes: rest (B, T) and further channels (B, F) to what is explained (B, T), or None, and a forecast (B, H * Q).
    """

    def __init__(self, config: NHitsConfig, pool_size: int, steps_per_knot: int, is_last: bool) -> None:
        super().__init__()
        self.config, self.pool_size, self.is_last = config, pool_size, is_last
        self.num_knots = max(config.horizon // steps_per_knot, 1)
        num_further = (config.in_channels - config.out_channels) * config.length
        before = -(-config.length // pool_size) + num_further
        layers: list[nn.Module] = []
        for _ in range(config.depth):
            layers += [nn.Linear(before, config.width), nn.ReLU(), Dropout(config.dropout)]
            before = config.width
        self.hidden = nn.Sequential(*layers)
        num_numbers = self.num_knots * config.outputs_per_step
        self.knots = nn.Linear(before, num_numbers if is_last else config.length + num_numbers)

    def forward(self, rest: Tensor, further: Tensor) -> tuple[Tensor | None, Tensor]:
        """Return what is explained of the window, and the forecast."""
        pooled = F.max_pool1d(rest[:, None], self.pool_size, ceil_mode=True)[:, 0]
        numbers = self.knots(self.hidden(torch.cat([pooled, further], dim=1)))
        explained, knots = (None, numbers) if self.is_last else numbers.split_with_sizes(self._sizes(numbers), dim=1)
        knots = knots.view(len(rest), self.config.outputs_per_step, self.num_knots)
        forecast = F.interpolate(knots, size=self.config.horizon, mode="linear")  # (B, Q, H)
        return explained, forecast.transpose(1, 2).flatten(1)

    def _sizes(self, numbers: Tensor) -> list[int]:
        return [self.config.length, numbers.shape[1] - self.config.length]


FORECASTING = ("forecasting",)
MODELS = {
    "nhits": Architecture(NHits, NHitsConfig, reads="series", only=FORECASTING),
    "nhits-tiny": Architecture(NHits, NHitsConfig, reads="series", sizes={"width": 32}, only=FORECASTING),
}
