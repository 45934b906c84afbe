"""Reversible normalization of a window: its level is taken away before a network, and given back to the network's forecast."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from espalier.models.layers.options import check_choice
from espalier.models.layers.valid_steps import without_padding

NORMALIZATIONS = ("none", "last", "window")
ROLES = ("level", "log_scale", "shape")  # of the numbers that make up one step of a forecast
EPSILON = 1e-5  # added to the variance, as in the authors' code


class Level(NamedTuple):
    """What was taken away from a window; both are (B, C, 1), the scale above 0."""

    centre: Tensor
    scale: Tensor


class WindowNorm(nn.Module):
    """Takes the level of each window away and gives it back, so that a model need not know how high a series stands.

    "none" changes nothing. "last" subtracts the last known value. "window" subtracts the mean of the window and divides by its
    deviation. Outputs that are no forecast, such as those for classes, are left as they are.

    Paper: Kim et al. 2022, "Reversible Instance Normalization", ICLR, section 3; "last": Zeng et al. 2022,
    arXiv 2205.13504, section 3 (NLinear).
    Differs: no learnt gain and shift, as in the published runs of PatchTST; numbers of a distribution are moved by their role.

    Args:
        kind: one of NORMALIZATIONS.
        out_channels: V, the first channels, which are forecast; 0 for outputs that are no forecast.
        horizon: H, steps of the forecast.
        roles: of the Q numbers of each step, each one of ROLES: a level (a value, a quantile or a mean) is moved and scaled,
            a logarithm of a scale is only scaled, a shape is left as it is. Empty: all are levels.

    Shapes: series (B, C, T) to the same; outputs (B, V * H * Q) to the same.
    """

    def __init__(self, kind: str, out_channels: int = 0, horizon: int = 0, roles: Sequence[str] = ()) -> None:
        super().__init__()
        check_choice("normalize", kind, NORMALIZATIONS)
        for role in roles:
            check_choice("output role", role, ROLES)
        self.kind = kind
        self.out_channels, self.horizon, self.roles = out_channels, horizon, tuple(roles)

    def forward(self, series: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Level | None]:
        """Return the series without its level, zero at steps not its own, and the level; None when nothing was taken away."""
        series = without_padding(series, valid)
        if self.kind == "none":
            return series, None
        level = _last_of(series, valid) if self.kind == "last" else _spread_of(series, valid)
        return without_padding((series - level.centre) / level.scale, valid), level

    def alike(self, values: Tensor, level: Level | None) -> Tensor:
        """Return values (B, V, H) of the forecast channels as the network sees them, by the level that `forward` took away."""
        if level is None:
            return values
        centre, scale = (one[:, : self.out_channels] for one in level)
        return (values - centre) / scale

    def give_back(self, outputs: Tensor, level: Level | None) -> Tensor:
        """Return the outputs with the level that `forward` took away."""
        if level is None or not self.horizon:
            return outputs
        forecast = outputs.view(len(outputs), self.out_channels, self.horizon, -1)  # (B, V, H, Q)
        centre, scale = (one[:, : self.out_channels, :, None] for one in level)  # (B, V, 1, 1)
        if not self.roles:
            return (forecast * scale + centre).flatten(1)
        numbers = []
        for role, one in zip(self.roles, forecast.chunk(len(self.roles), dim=-1), strict=True):
            numbers.append(one * scale + centre if role == "level" else one + scale.log() if role == "log_scale" else one)
        return torch.cat(numbers, dim=-1).flatten(1)

    def extra_repr(self) -> str:
        """Return the kind, for printing."""
        return self.kind


def _last_of(series: Tensor, valid: Tensor | None) -> Level:
    """Return the last value that is a row's own; a scale of 1."""
    if valid is None:
        centre = series[:, :, -1:]
    else:
        last = (valid.sum(dim=1) - 1)[:, None, None].expand(-1, series.shape[1], 1)
        centre = series.gather(2, last)
    return Level(centre, torch.ones_like(centre))


def _spread_of(series: Tensor, valid: Tensor | None) -> Level:
    """Return the mean and the deviation over a row's own steps."""
    if valid is None:
        variance, centre = torch.var_mean(series, dim=2, correction=0, keepdim=True)
        return Level(centre, (variance + EPSILON).sqrt())
    own = valid[:, None].to(series.dtype)  # (B, 1, T)
    count = own.sum(dim=2, keepdim=True)
    centre = (series * own).sum(dim=2, keepdim=True) / count
    variance = ((series - centre).square() * own).sum(dim=2, keepdim=True) / count
    return Level(centre, (variance + EPSILON).sqrt())
