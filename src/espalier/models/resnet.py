"""ResNet (He, Zhang, Ren, Sun 2015, arXiv 1512.03385, table 1).

Differs: the stride of a bottleneck block is in its 3x3 convolution, where published weights expect it. The names that end in
"-small" have a stem for pictures of some 32 pixels. First weights of convolutions: He et al. 2015, arXiv 1502.01852, equation
14 (fan-out), as in the implementation whose weights are published; gains 1; the head as torch draws it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.he_convolutions import draw_he_convolutions
from espalier.models.layers.image_norm import ImageBatchNorm
from espalier.models.layers.options import check_image
from espalier.models.layers.residual_stages import (
    build_stages,
    build_stem,
    check_residual,
    silence_corrections,
    width_after,
)


@dataclass(frozen=True)
class ResnetConfig:
    """What a ResNet is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        block: basic (two 3x3 convolutions) or bottleneck (1x1, 3x3, 1x1).
        num_blocks: blocks of each of the four stages.
        width: channels of the stem and inside the first stage's blocks; each stage doubles them.
        stem: imagenet (7x7 with stride 2, then max-pooling with stride 2) or small (3x3 with stride 1).
        zero_init: begin with every block passing its input through: the last gain of each is 0.
    """

    in_channels: int
    num_outputs: int
    block: str = "basic"
    num_blocks: tuple[int, ...] = (2, 2, 2, 2)
    width: int = 64
    stem: str = "imagenet"
    zero_init: bool = False

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_residual(self.block, self.num_blocks, self.width, self.stem)


class Resnet(nn.Module):
    """ResNet: a deep picture network of blocks that each add a correction to what they are given, so that depth does not hurt.

    The first network to try on photos, and the one with the most published weights to start from. Take a name that ends in
    "-small" for pictures below some 100 pixels: the usual stem throws away three quarters of their height and width.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W) to (B, K).
    """

    def __init__(self, config: ResnetConfig) -> None:
        super().__init__()
        self.config = config
        self.conv1, self.maxpool = build_stem(config.stem, config.in_channels, config.width)
        self.bn1 = ImageBatchNorm(config.width)
        self.relu = nn.ReLU()
        self.layer1, self.layer2, self.layer3, self.layer4 = build_stages(config.block, config.num_blocks, config.width)
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


DEPTHS: Mapping[str, Mapping[str, Any]] = {
    "resnet18": {"num_blocks": (2, 2, 2, 2)},
    "resnet34": {"num_blocks": (3, 4, 6, 3)},
    "resnet50": {"num_blocks": (3, 4, 6, 3), "block": "bottleneck"},
    "resnet101": {"num_blocks": (3, 4, 23, 3), "block": "bottleneck"},
    "resnet152": {"num_blocks": (3, 8, 36, 3), "block": "bottleneck"},
}
TINY = {"num_blocks": (1, 1, 1, 1), "width": 8, "stem": "small"}
MODELS = {
    **{name: Architecture(Resnet, ResnetConfig, reads="image", sizes=sizes) for name, sizes in DEPTHS.items()},
    **{
        f"{name}-small": Architecture(Resnet, ResnetConfig, reads="image", sizes={**sizes, "stem": "small"})
        for name, sizes in DEPTHS.items()
    },
    "resnet-tiny": Architecture(Resnet, ResnetConfig, reads="image", sizes=TINY),
}
