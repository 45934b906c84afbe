"""Xception (Chollet 2017, arXiv 1610.02357, figure 5).

First weights: convolutions He normal by fan-out, as in the implementation whose key names these are; the last layer as torch
draws it. The paper does not say. Published weights of that implementation (timm's `legacy_xception`) expect values of a
picture from -1 to 1.
"""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.image_norm import ImageBatchNorm
from espalier.models.layers.options import check_count, check_fraction, check_image
from espalier.models.layers.separable_conv import SeparableConv

KERNEL_SIZE = 3  # pixels, of every filter


@dataclass(frozen=True)
class XceptionConfig:
    """What an Xception is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        stem_widths: channels of the first two convolutions.
        entry_widths: channels of the blocks that follow, each of which halves the picture.
        depth: blocks of the middle flow, which keep the size of their input.
        exit_widths: channels of the last block and of the two convolutions after it.
        dropout: share of the last features set to zero in training, 0 to below 1; the paper has 0.5 on ImageNet.
    """

    in_channels: int
    num_outputs: int
    stem_widths: tuple[int, ...] = (32, 64)
    entry_widths: tuple[int, ...] = (128, 256, 728)
    depth: int = 8
    exit_widths: tuple[int, ...] = (1024, 1536, 2048)
    dropout: float = 0.5

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        if len(self.stem_widths) != 2 or not self.entry_widths or len(self.exit_widths) != 3:
            given = f"{self.stem_widths!r}, {self.entry_widths!r} and {self.exit_widths!r}"
            raise ValueError(f"stem_widths, entry_widths and exit_widths are {given}, expected 2, at least 1, and 3 numbers")
        for width in (*self.stem_widths, *self.entry_widths, *self.exit_widths):
            check_count("a width", width)
        check_count("depth", self.depth)
        check_fraction("dropout", self.dropout)


class Xception(nn.Module):
    """Xception: a residual network whose convolutions look at one channel at a time and mix channels apart from that.

    Use it on pictures of about 300 pixels when accuracy for the number of parameters counts; on small ones a ResNet is quicker.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W), H and W at least 7, to logits (B, K).
    """

    def __init__(self, config: XceptionConfig) -> None:
        super().__init__()
        self.config = config
        first, second = config.stem_widths
        third_last, second_last, last = config.exit_widths
        self.conv1 = nn.Conv2d(config.in_channels, first, KERNEL_SIZE, stride=2, bias=False)
        self.bn1 = ImageBatchNorm(first)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(first, second, KERNEL_SIZE, bias=False)
        self.bn2 = ImageBatchNorm(second)
        self.act2 = nn.ReLU()
        middle = config.entry_widths[-1]
        blocks = [
            *(
                XceptionBlock((before, width, width), stride=2, starts_with_relu=index > 0)
                for index, (before, width) in enumerate(pairwise((second, *config.entry_widths)))
            ),
            *(XceptionBlock((middle, middle, middle, middle)) for _ in range(config.depth)),
            XceptionBlock((middle, middle, third_last), stride=2),
        ]
        self.blocks = [f"block{number}" for number in range(1, len(blocks) + 1)]  # names, in order
        for name, block in zip(self.blocks, blocks, strict=True):
            self.add_module(name, block)
        self.conv3 = SeparableConv(third_last, second_last, KERNEL_SIZE)
        self.bn3 = ImageBatchNorm(second_last)
        self.act3 = nn.ReLU()
        self.conv4 = SeparableConv(second_last, last, KERNEL_SIZE)
        self.bn4 = ImageBatchNorm(last)
        self.act4 = nn.ReLU()
        self.dropout = Dropout(config.dropout)
        self.fc = nn.Linear(last, config.num_outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.act1(self.bn1(self.conv1(image)))
        x = self.act2(self.bn2(self.conv2(x)))
        for name in self.blocks:
            x = self.get_submodule(name)(x)
        x = self.act3(self.bn3(self.conv3(x)))
        x = self.act4(self.bn4(self.conv4(x)))  # (B, D, H/32, W/32), about
        return self.fc(self.dropout(x.mean(dim=(2, 3))))


class XceptionBlock(nn.Module):
    """Separable convolutions, each with ReLU before and batch normalization after; their answer is added to the input.

    Args:
        channels: of the input, and after each convolution.
        stride: 2 ends with a pooling that halves the picture.
        starts_with_relu: whether the input passes a ReLU first; not where it comes from one.

    Shapes: (B, channels[0], H, W) to (B, channels[-1], H / stride, W / stride), rounded up.
    """

    def __init__(self, channels: tuple[int, ...], stride: int = 1, starts_with_relu: bool = True) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise(channels):
            layers += [nn.ReLU(), SeparableConv(before, after, KERNEL_SIZE), ImageBatchNorm(after)]
        if not starts_with_relu:
            layers = layers[1:]
        if stride > 1:
            layers.append(nn.MaxPool2d(KERNEL_SIZE, stride, padding=KERNEL_SIZE // 2))
        self.rep = nn.Sequential(*layers)
        self.has_projection = stride > 1 or channels[0] != channels[-1]
        if self.has_projection:
            self.skip = nn.Conv2d(channels[0], channels[-1], kernel_size=1, stride=stride, bias=False)
            self.skipbn = ImageBatchNorm(channels[-1])

    def forward(self, x: Tensor) -> Tensor:
        """Return the answer of the convolutions, added to the input or to its projection."""
        past = self.skipbn(self.skip(x)) if self.has_projection else x
        return self.rep(x) + past


TINY = {"stem_widths": (8, 16), "entry_widths": (32,), "depth": 1, "exit_widths": (64, 96, 128)}
MODELS = {
    "xception": Architecture(Xception, XceptionConfig, reads="image", least_pixels=7, is_centred=True),
    "xception-tiny": Architecture(Xception, XceptionConfig, reads="image", sizes=TINY, least_pixels=7),
}
