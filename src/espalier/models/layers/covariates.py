"""Further channels of a forecast, for models that treat every forecast channel by itself."""

from torch import Tensor, nn


class Covariates(nn.Module):
    """Adds a linear function of the windows of the further channels to a forecast; at first it adds nothing.

    Models whose channels do not see one another, such as DLinear, have no place for channels that are not forecast. Their
    windows are what is known at the origin: what is known ahead, such as a calendar, comes as a channel shifted by H steps.

    Args:
        in_channels: C - V, channels that are not forecast, 1 or more.
        length: T, steps of the window.
        num_outputs: K, all numbers of the forecast.

    Shapes: windows (B, C - V, T) and forecast (B, K) to (B, K).
    """

    def __init__(self, in_channels: int, length: int, num_outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_channels * length, num_outputs, bias=False)
        nn.init.zeros_(self.linear.weight)

    def forward(self, windows: Tensor, forecast: Tensor) -> Tensor:
        """Return the forecast with what the further channels say."""
        return forecast + self.linear(windows.flatten(1))
