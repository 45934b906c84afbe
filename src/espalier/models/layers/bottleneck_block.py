"""The bottleneck block: a residual block for deep networks, which works on a quarter of the channels."""

from typing import ClassVar

from torch import Tensor, nn

from espalier.models.layers.image_norm import ImageBatchNorm


class BottleneckBlock(nn.Module):
    """A 1x1 convolution narrows, a 3x3 one works, a 1x1 one widens again; the result is added to the input.

    Paper: He et al. 2015, arXiv 1512.03385, figure 5 right.
    Differs: the stride is in the 3x3 convolution instead of the first 1x1 one, which would not look at three pixels of four.
    Published weights expect it there.

    Args:
        in_channels: C.
        channels: D, channels of the 3x3 convolution.
        stride: pixels that the 3x3 convolution moves on by; 2 halves height and width.
        attention: weighs the correction before it is added, (B, 4 D, H', W') to the same; `nn.Identity()` for none.
        shortcut: brings the input to the shape of the correction; `nn.Identity()` where the shapes agree.

    Shapes: (B, C, H, W) to (B, 4 D, H', W') with H' and W' = H and W / stride, rounded up.
    """

    expansion: ClassVar[int] = 4  # channels of the output, as a multiple of `channels`

    def __init__(self, in_channels: int, channels: int, stride: int, attention: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        out_channels = self.expansion * channels
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=1, bias=False)
        self.bn1 = ImageBatchNorm(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = ImageBatchNorm(channels)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(channels, out_channels, kernel_size=1, bias=False)
        self.bn3 = ImageBatchNorm(out_channels)
        self.se = attention  # published weights call any attention here by the name of the first: squeeze and excitation
        self.downsample = shortcut
        self.relu3 = nn.ReLU()

    @property
    def last_norm(self) -> nn.BatchNorm2d:
        """The normalization whose gain scales the whole correction."""
        return self.bn3

    def forward(self, x: Tensor) -> Tensor:
        """Return the input plus its correction, rectified."""
        correction = self.relu1(self.bn1(self.conv1(x)))
        correction = self.relu2(self.bn2(self.conv2(correction)))
        correction = self.se(self.bn3(self.conv3(correction)))
        return self.relu3(self.downsample(x) + correction)
