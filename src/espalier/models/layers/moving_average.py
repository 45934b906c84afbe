"""The trend of a series: its moving average."""

import torch.nn.functional as F
from torch import Tensor, nn


class MovingAverage(nn.Module):
    """Mean over the steps around each step; the first and the last value are repeated beyond the ends.

    Paper: Wu et al. 2021, arXiv 2106.13008, equation 1 (Autoformer).

    Args:
        kernel_size: steps of the mean, odd.

    Shapes: (B, C, T) to the same.
    """

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size is {kernel_size}, expected an odd number: as many steps before as behind the middle")
        self.kernel_size = kernel_size

    def forward(self, series: Tensor) -> Tensor:
        """Return the trend."""
        reach = self.kernel_size // 2
        return F.avg_pool1d(F.pad(series, (reach, reach), mode="replicate"), self.kernel_size, stride=1)

    def extra_repr(self) -> str:
        """Return the size, for printing."""
        return f"{self.kernel_size}"
