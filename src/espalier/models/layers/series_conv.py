"""Convolutions over time, in the layout that is quick on a CPU: a series is a picture of height one, channels last."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.models.layers.norms import BatchNorm


def as_picture(series: Tensor) -> Tensor:
    """Return (B, C, T) as (B, C, 1, T), with the channels of a step side by side in memory.

    torch's convolutions over such pictures are faster on a CPU than those over series: 1.0 to 1.8 times in float32 and 1.0 to
    2.2 times in bfloat16, measured with 64 rows of 128 steps, 32 to 256 channels and filters of 5 to 40 steps.

    Args:
        series: (B, C, T).
    """
    return series.unsqueeze(2).contiguous(memory_format=torch.channels_last)


def as_steps(picture: Tensor) -> Tensor:
    """Return (B, C, 1, T) as (B, T, C), without a copy.

    Args:
        picture: (B, C, 1, T).
    """
    return picture[:, :, 0].transpose(1, 2)


class SeriesConv(nn.Conv2d):
    """Convolution over time; as many steps come out as go in.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: steps of the filter.
        dilation: steps from one of the filter to the next.
        bias: whether a number is added to each channel.
        causal: whether a step sees only itself and those before it, instead of as many before as behind; an even filter that
            is not causal sees one step more behind.

    Shapes: (B, in_channels, 1, T) to (B, out_channels, 1, T).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        dilation: int = 1,
        bias: bool = True,
        causal: bool = False,
    ) -> None:
        reach = dilation * (kernel_size - 1)
        before = reach if causal else reach // 2
        even = 2 * before == reach  # as many zeros on both sides, which the convolution itself can add
        super().__init__(
            in_channels,
            out_channels,
            (1, kernel_size),
            padding=(0, before if even else 0),
            dilation=(1, dilation),
            bias=bias,
        )
        self.zeros = (0, 0) if even else (before, reach - before)

    def forward(self, input: Tensor) -> Tensor:
        """Return the filtered series."""
        padded = F.pad(input, self.zeros) if any(self.zeros) else input
        return super().forward(padded.contiguous(memory_format=torch.channels_last))


class SeriesNorm(nn.Module):
    """Batch normalization over the steps that are a row's own; the others become zero.

    Paper: Ioffe, Szegedy 2015, arXiv 1502.03167, section 3.2.
    Differs: padding counts in no mean and no variance, so that a series is learnt the same however long its neighbours are.

    Args:
        num_features: C.

    Shapes: (B, C, 1, T) and truth values (B, T) to (B, C, 1, T).
    """

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.norm = BatchNorm(num_features)

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        """Return the normalized steps."""
        steps = x.permute(0, 2, 3, 1)  # (B, 1, T, C)
        if valid is None:
            normalized = self.norm(steps.flatten(0, 2)).view(steps.shape)
        else:
            own = self.norm(steps[:, 0][valid])
            normalized = own.new_zeros(steps.shape)
            normalized[:, 0][valid] = own
        return normalized.permute(0, 3, 1, 2)


class ConvNormRelu(nn.Module):
    """Convolution over time without a bias, batch normalization, ReLU.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: steps of the filter.
        activation: whether the ReLU is there.

    Shapes: (B, in_channels, 1, T) and truth values (B, T) to (B, out_channels, 1, T); zero at steps that are not a row's own.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, *, activation: bool = True) -> None:
        super().__init__()
        self.conv = SeriesConv(in_channels, out_channels, kernel_size, bias=False)
        self.norm = SeriesNorm(out_channels)
        self.relu = nn.ReLU() if activation else nn.Identity()

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        """Return the filtered, normalized series."""
        return self.relu(self.norm(self.conv(x), valid))
