"""Convolution whose weights are standardized, for networks with group normalization."""

import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-8


class StandardizedConv2d(nn.Conv2d):
    """Convolution whose weights have mean 0 and variance 1 for each output channel.

    It pads so that the sides of a picture shrink by the stride alone.

    Paper: Qiao et al. 2019, arXiv 1903.10520, equation 8; with the padding of Kolesnikov et al. 2020, arXiv 1912.11370.

    Args:
        in_channels: of the input.
        out_channels: of the output.
        kernel_size: side of the window.
        stride: places that the window moves on.

    Shapes: (B, C, H, W) to (B, D, H / stride, W / stride), rounded up.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        """Return the feature map."""
        variance, mean = (
            self.weight.var(dim=(1, 2, 3), keepdim=True, correction=0),
            self.weight.mean(dim=(1, 2, 3), keepdim=True),
        )
        weight = (self.weight - mean) * (variance + EPSILON).rsqrt()
        return F.conv2d(pad_to_stride(input, self.kernel_size[0], self.stride[0]), weight, stride=self.stride)


def pad_to_stride(image: Tensor, kernel_size: int, stride: int, value: float = 0.0) -> Tensor:
    """Return a picture padded so that a window gives one value for each `stride` places, the last ones included.

    An odd place of padding goes to the right and below, as in TensorFlow's "SAME".

    Args:
        image: (B, C, H, W).
        kernel_size: side of the window.
        stride: places that the window moves on.
        value: what is put around the picture.
    """
    around: list[int] = []
    for side in (image.shape[-1], image.shape[-2]):
        total = max((-(-side // stride) - 1) * stride + kernel_size - side, 0)
        around += [total // 2, total - total // 2]
    return F.pad(image, around, value=value) if any(around) else image
