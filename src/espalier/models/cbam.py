"""CBAM-ResNet (Woo, Park, Lee, Kweon 2018, arXiv 1807.06521, figures 1 to 3; sizes: table 4).

Differs: the stride of a bottleneck block is in its 3x3 convolution. First weights of convolutions, those of the attention
included: He et al. 2015, arXiv 1502.01852, equation 14 (fan-out); all gains 1, where the authors' implementation starts that
of the spatial attention at 0; the head as torch draws it. Weights of the authors' implementation have other names for the
attention.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.channel_attention import ChannelAttention
from espalier.models.layers.he_convolutions import draw_he_convolutions
from espalier.models.layers.image_norm import ImageBatchNorm
from espalier.models.layers.options import check_count, check_image
from espalier.models.layers.residual_stages import (
    build_stages,
    build_stem,
    check_residual,
    silence_corrections,
    width_after,
)
from espalier.models.layers.spatial_attention import SpatialAttention


@dataclass(frozen=True)
class CbamConfig:
    """What a CBAM-ResNet is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        block: basic (two 3x3 convolutions) or bottleneck (1x1, 3x3, 1x1).
        num_blocks: blocks of each of the four stages.
        width: channels of the stem and inside the first stage's blocks; each stage doubles them.
        stem: imagenet (7x7 with stride 2, then max-pooling with stride 2) or small (3x3 with stride 1).
        reduction: how many times fewer units the channel attention has inside than channels, 1 or more.
        kernel_size: pixels that the spatial attention looks at in each direction, odd.
        zero_init: begin with every block passing its input through: the last gain of each is 0.
    """

    in_channels: int
    num_outputs: int
    block: str = "basic"
    num_blocks: tuple[int, ...] = (2, 2, 2, 2)
    width: int = 64
    stem: str = "imagenet"
    reduction: int = 16
    kernel_size: int = 7
    zero_init: bool = False

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_residual(self.block, self.num_blocks, self.width, self.stem)
        check_count("reduction", self.reduction)
        check_count("kernel_size", self.kernel_size)
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size is {self.kernel_size}, expected an odd number, such as {self.kernel_size + 1}")


class Cbam(nn.Module):
    """CBAM-ResNet: a ResNet whose blocks learn which of their channels matter, and then which places of the picture.

    Like SE-ResNet with a look at places; its spatial weights can be shown as a picture of what it attends to.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W) to (B, K).
    """

    def __init__(self, config: CbamConfig) -> None:
        super().__init__()
        self.config = config
        self.conv1, self.maxpool = build_stem(config.stem, config.in_channels, config.width)
        self.bn1 = ImageBatchNorm(config.width)
        self.relu = nn.ReLU()

        def attention(channels: int) -> nn.Module:
            return BlockAttention(channels, max(1, channels // config.reduction), config.kernel_size)

        stages = build_stages(config.block, config.num_blocks, config.width, attention)
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(width_after(config.block, config.num_blocks, config.width), config.num_outputs)
        draw_he_convolutions(self)
        if config.zero_init:
            silence_corrections(self)

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(image))))  # (B, 64, H/4, W/4), or H, W with the small stem
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))  # an eighth of that in height and width
        return self.fc(self.avgpool(x).flatten(1))


class BlockAttention(nn.Module):
    """Attention to channels, then to places.

    Args:
        channels: C.
        hidden_channels: units inside the channel attention.
        kernel_size: pixels that the spatial attention looks at in each direction, odd.

    Shapes: (B, C, H, W) to (B, C, H, W).
    """

    def __init__(self, channels: int, hidden_channels: int, kernel_size: int) -> None:
        super().__init__()
        self.channel = ChannelAttention(channels, hidden_channels)
        self.spatial = SpatialAttention(kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        """Return every value times the weight of its channel and that of its place."""
        return self.spatial(self.channel(x))


TINY = {"num_blocks": (1, 1, 1, 1), "width": 8, "stem": "small", "reduction": 2}
MODELS = {
    "cbam-resnet18": Architecture(Cbam, CbamConfig, reads="image"),
    "cbam-resnet50": Architecture(Cbam, CbamConfig, reads="image", sizes={"num_blocks": (3, 4, 6, 3), "block": "bottleneck"}),
    "cbam-tiny": Architecture(Cbam, CbamConfig, reads="image", sizes=TINY),
}
