"""The way around a residual block, where the block changes the shape."""

from torch import nn

from espalier.models.layers.image_norm import ImageBatchNorm


def projection_shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """Return what brings a block's input to the shape of its output: nothing, or a 1x1 convolution and a normalization.

    Paper: He et al. 2015, arXiv 1512.03385, section 3.3, option B.

    Args:
        in_channels: channels of the block's input.
        out_channels: channels of its output.
        stride: pixels that the block moves on by.
    """
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False), ImageBatchNorm(out_channels)
    )
