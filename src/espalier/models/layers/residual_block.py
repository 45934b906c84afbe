"""The basic residual block: two convolutions whose result is added to what came in."""

from typing import ClassVar

from torch import Tensor, nn

from espalier.models.layers.image_norm import ImageBatchNorm


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, each normalized, learn a correction that is added to the input.

    Paper: He et al. 2015, arXiv 1512.03385, figure 5 left.

    Args:
        in_channels: C.
        channels: D, channels of both convolutions and of the output.
        stride: pixels that the first convolution moves on by; 2 halves height and width.
        attention: weighs the correction before it is added, (B, D, H', W') to the same; `nn.Identity()` for none.
        shortcut: brings the input to the shape of the correction; `nn.Identity()` where the shapes agree.

    Shapes: (B, C, H, W) to (B, D, H', W') with H' and W' = H and W / stride, rounded up.
    """

    expansion: ClassVar[int] = 1  # channels of the output, as a multiple of `channels`

    def __init__(self, in_channels: int, channels: int, stride: int, attention: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = ImageBatchNorm(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = ImageBatchNorm(channels)
        self.se = attention  # published weights call any attention here by the name of the first: squeeze and excitation
        self.downsample = shortcut
        self.relu2 = nn.ReLU()

    @property
    def last_norm(self) -> nn.BatchNorm2d:
        """The normalization whose gain scales the whole correction."""
        return self.bn2

    def forward(self, x: Tensor) -> Tensor:
        """Return the input plus its correction, rectified."""
        correction = self.relu1(self.bn1(self.conv1(x)))
        correction = self.se(self.bn2(self.conv2(correction)))
        return self.relu2(self.downsample(x) + correction)
