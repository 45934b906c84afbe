"""Depthwise-separable convolution: look at neighbours in each channel by itself, then mix the channels of each pixel."""

from torch import Tensor, nn


class SeparableConv(nn.Module):
    """A convolution in two cheap steps: one filter for each channel, then a 1x1 convolution; neither has a bias.

    It has k * k * in + in * out weights, where a full convolution has k * k * in * out.

    Paper: Chollet 2017, arXiv 1610.02357, section 1.2; there is no activation between the steps (section 4.7).

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: odd, in pixels; the padding keeps the size at stride 1.
        stride: step of the filters.

    Shapes: (B, in_channels, H, W) to (B, out_channels, H / stride, W / stride), rounded up.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, in_channels, kernel_size, stride, kernel_size // 2, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixed maps."""
        return self.pointwise(self.conv1(x))
