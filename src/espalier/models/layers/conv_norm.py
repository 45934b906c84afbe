"""Convolution, batch normalization and ReLU: the brick of the Inception networks."""

from torch import Tensor, nn

from espalier.models.layers.image_norm import ImageBatchNorm

INCEPTION_EPS = 1e-3  # added to the variance, as in the authors' code


class ConvNorm(nn.Module):
    """Convolution without a bias, batch normalization, ReLU.

    Paper: Ioffe, Szegedy 2015, arXiv 1502.03167, section 3.2: the norm stands before the activation and replaces the bias.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: height and width of the filter, or one number for both, in pixels.
        stride: step of the filter.
        padding: rows and columns of zeros on each side, or one number for both.

    Shapes: (B, in_channels, H, W) to (B, out_channels, H', W').
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int] = 1,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False)
        self.bn = ImageBatchNorm(out_channels, eps=INCEPTION_EPS)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps after the ReLU."""
        return self.relu(self.bn(self.conv(x)))
