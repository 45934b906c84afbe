"""What networks share that write their input anew: its size, and the noise that is put on it while they learn."""

import torch
from torch import Tensor, nn

from espalier.models.layers.options import check_count, check_series_sizes


class Noise(nn.Module):
    """Adds normal noise in training, so that a network has to learn the shape of the data rather than to copy.

    Paper: Vincent et al. 2010, "Stacked Denoising Autoencoders", Journal of Machine Learning Research 11, section 3.

    Args:
        std: deviation of the noise, in the units of the input; 0 for none.

    Shapes: any to the same.
    """

    def __init__(self, std: float) -> None:
        super().__init__()
        if isinstance(std, bool) or not isinstance(std, (int, float)) or not 0 <= std < float("inf"):
            raise ValueError(f"noise is {std!r}, expected a deviation of at least 0")
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        """Return x, with noise when training."""
        return x + self.std * torch.randn_like(x) if self.training and self.std else x

    def extra_repr(self) -> str:
        """Return the deviation, for printing."""
        return f"{self.std}"


def check_reconstruction(in_channels: int, length: int, num_outputs: int) -> None:
    """Refuse outputs that do not write the whole window anew.

    Args:
        in_channels: C.
        length: T, steps of the window.
        num_outputs: K = C * T.

    Raises:
        ValueError: with a sentence about the option.
    """
    check_series_sizes(in_channels, num_outputs)
    check_count("length", length)
    if num_outputs != in_channels * length:
        raise ValueError(
            f"num_outputs is {num_outputs}, expected in_channels x length, which is {in_channels} x {length}: the window is "
            "written anew"
        )
