"""The thin ResNets for pictures of 32 pixels (He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2 and table 6).

First weights of convolutions: He et al. 2015, arXiv 1502.01852, equation 10 (fan-in), as the paper says; gains 1; the head as
torch draws it.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.he_convolutions import draw_he_convolutions
from espalier.models.layers.image_norm import ImageBatchNorm
from espalier.models.layers.options import check_count, check_image
from espalier.models.layers.residual_stages import build_stages, build_stem

NUM_STAGES = 3
LAYERS_OF_BLOCK = 2


@dataclass(frozen=True)
class ResnetCifarConfig:
    """What a thin ResNet is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        depth: layers with weights, 6 n + 2 for n blocks in each of the three stages; shortcuts have none.
        width: channels of the first stage; the others have twice and four times as many.
    """

    in_channels: int
    num_outputs: int
    depth: int = 20
    width: int = 16

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_count("depth", self.depth)
        check_count("width", self.width)
        if self.depth < 8 or self.depth % 6 != 2:
            near = max(8, round((self.depth - 2) / 6) * 6 + 2)
            raise ValueError(f"depth is {self.depth}, expected 6 n + 2 with n of at least 1, such as {near}")


class ResnetCifar(nn.Module):
    """Thin ResNet: a deep, narrow network of residual blocks that was made for pictures of about 32 pixels.

    For small pictures on a small machine: ResNet-20 has a fortieth of the parameters of ResNet-18. From 110 layers on, warm the
    learning rate up.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W) to (B, K).
    """

    def __init__(self, config: ResnetCifarConfig) -> None:
        super().__init__()
        self.config = config
        width, blocks_of_stage = config.width, (config.depth - 2) // (NUM_STAGES * LAYERS_OF_BLOCK)
        self.conv1, _ = build_stem("small", config.in_channels, width)
        self.bn1 = ImageBatchNorm(width)
        self.relu = nn.ReLU()
        stages = build_stages("basic", (blocks_of_stage,) * NUM_STAGES, width, shortcut=PaddedShortcut)
        self.layer1, self.layer2, self.layer3 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(4 * width, config.num_outputs)
        draw_he_convolutions(self, keep="fan_in")

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.layer1(self.relu(self.bn1(self.conv1(image))))  # (B, D, H, W)
        x = self.layer3(self.layer2(x))  # (B, 4 D, H/4, W/4)
        return self.fc(self.avgpool(x).flatten(1))


class PaddedShortcut(nn.Module):
    """A way around a block without parameters: pixels are left out by the stride, channels are filled up with zeros.

    Paper: He et al. 2015, arXiv 1512.03385, section 3.3, option A.

    Args:
        in_channels: C.
        out_channels: D, not less than C; the zeros come last.
        stride: every how many pixels one is kept, in both directions.

    Shapes: (B, C, H, W) to (B, D, H', W') with H' and W' = H and W / stride, rounded up.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.num_added = out_channels - in_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return the kept pixels, with channels of zeros after the others."""
        if self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.num_added)) if self.num_added else x


DEPTHS = (20, 32, 44, 56, 110, 1202)
MODELS = {
    **{
        f"resnet{depth}-cifar": Architecture(ResnetCifar, ResnetCifarConfig, reads="image", sizes={"depth": depth})
        for depth in DEPTHS
    },
    "resnet-cifar-tiny": Architecture(ResnetCifar, ResnetCifarConfig, reads="image", sizes={"depth": 8, "width": 8}),
}
