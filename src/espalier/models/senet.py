"""SE-ResNet (Hu, Shen, Sun 2018, arXiv 1709.01507, table 1; the block: figure 3).

Differs: the units between an attention's two layers are a multiple of 8, which matters only for the narrowest blocks of
SE-ResNet-18 and -34, and the stride of a bottleneck block is in its 3x3 convolution; published weights expect both. First
weights of convolutions, those of the attention included: He et al. 2015, arXiv 1502.01852, equation 14 (fan-out); gains 1; the
head as torch draws it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
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
from espalier.models.layers.squeeze_excitation import SqueezeExcitation

STEP = 8  # the units between an attention's two layers are a multiple of it


@dataclass(frozen=True)
class SenetConfig:
    """What an SE-ResNet is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        block: basic (two 3x3 convolutions) or bottleneck (1x1, 3x3, 1x1).
        num_blocks: blocks of each of the four stages.
        width: channels of the stem and inside the first stage's blocks; each stage doubles them.
        stem: imagenet (7x7 with stride 2, then max-pooling with stride 2) or small (3x3 with stride 1).
        reduction: how many times fewer units an attention has inside than channels, 1 or more.
        zero_init: begin with every block passing its input through: the last gain of each is 0.
    """

    in_channels: int
    num_outputs: int
    block: str = "basic"
    num_blocks: tuple[int, ...] = (2, 2, 2, 2)
    width: int = 64
    stem: str = "imagenet"
    reduction: int = 16
    zero_init: bool = False

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_residual(self.block, self.num_blocks, self.width, self.stem)
        check_count("reduction", self.reduction)


class Senet(nn.Module):
    """SE-ResNet: a ResNet whose blocks learn which of their channels matter for the picture at hand.

    A little better than the ResNet of the same depth, for a tenth more parameters and hardly more arithmetic.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W) to (B, K).
    """

    def __init__(self, config: SenetConfig) -> None:
        super().__init__()
        self.config = config
        self.conv1, self.maxpool = build_stem(config.stem, config.in_channels, config.width)
        self.bn1 = ImageBatchNorm(config.width)
        self.relu = nn.ReLU()

        def attention(channels: int) -> nn.Module:
            return SqueezeExcitation(channels, _units_inside(channels, config.reduction))

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


def _units_inside(channels: int, reduction: int) -> int:
    """Return channels / reduction as the nearest multiple of 8, and at least 8."""
    return max(STEP, int(channels / reduction + STEP / 2) // STEP * STEP)


DEPTHS: Mapping[str, Mapping[str, Any]] = {
    "seresnet18": {"num_blocks": (2, 2, 2, 2)},
    "seresnet34": {"num_blocks": (3, 4, 6, 3)},
    "seresnet50": {"num_blocks": (3, 4, 6, 3), "block": "bottleneck"},
    "seresnet101": {"num_blocks": (3, 4, 23, 3), "block": "bottleneck"},
    "seresnet152": {"num_blocks": (3, 8, 36, 3), "block": "bottleneck"},
}
TINY = {"num_blocks": (1, 1, 1, 1), "width": 8, "stem": "small"}
MODELS = {
    **{name: Architecture(Senet, SenetConfig, reads="image", sizes=sizes) for name, sizes in DEPTHS.items()},
    "seresnet-tiny": Architecture(Senet, SenetConfig, reads="image", sizes=TINY),
}
