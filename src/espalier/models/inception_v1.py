"""GoogLeNet, also called Inception v1 (Szegedy et al. 2014, arXiv 1409.4842, table 1).

First weights as in the reference implementation: convolutions and the last layer truncated normal with deviation 0.01.
Differs: batch normalization after every convolution (Ioffe, Szegedy 2015, arXiv 1502.03167) and none across channels; no heads
half-way, which only served training; the branch called 5x5 has a 3x3 filter, as in the weights that are published, whose key
names these are. Those weights expect values of a picture from -1 to 1.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.conv_norm import ConvNorm
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_fraction, check_image, check_positive


@dataclass(frozen=True)
class BlockWidths:
    """Output channels of the convolutions of one inception block, as in the columns of table 1."""

    one: int  # 1x1
    three_narrowed: int  # 1x1 before the 3x3
    three: int  # 3x3
    five_narrowed: int  # 1x1 before the "5x5"
    five: int  # "5x5"
    pooled: int  # 1x1 after the pooling


STAGES = {  # after each pooling, the blocks that follow it
    "maxpool2": {
        "inception3a": BlockWidths(64, 96, 128, 16, 32, 32),
        "inception3b": BlockWidths(128, 128, 192, 32, 96, 64),
    },
    "maxpool3": {
        "inception4a": BlockWidths(192, 96, 208, 16, 48, 64),
        "inception4b": BlockWidths(160, 112, 224, 24, 64, 64),
        "inception4c": BlockWidths(128, 128, 256, 24, 64, 64),
        "inception4d": BlockWidths(112, 144, 288, 32, 64, 64),
        "inception4e": BlockWidths(256, 160, 320, 32, 128, 128),
    },
    "maxpool4": {
        "inception5a": BlockWidths(256, 160, 320, 32, 128, 128),
        "inception5b": BlockWidths(384, 192, 384, 48, 128, 128),
    },
}
POOL_SIZES = {"maxpool2": 3, "maxpool3": 3, "maxpool4": 2}


@dataclass(frozen=True)
class InceptionV1Config:
    """What a GoogLeNet is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        width_factor: channels of every convolution, as a multiple of the published ones; above 0.
        blocks: inception blocks of each of the three stages, at most 2, 5 and 2; the first ones of each are built.
        dropout: share of the last features set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    width_factor: float = 1.0
    blocks: tuple[int, ...] = (2, 5, 2)
    dropout: float = 0.2

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_positive("width_factor", self.width_factor)
        if len(self.blocks) != len(STAGES):
            raise ValueError(f"blocks is {self.blocks!r}, expected {len(STAGES)} numbers, one for each stage")
        for number, published in zip(self.blocks, STAGES.values(), strict=True):
            check_count("one of blocks", number)
            if number > len(published):
                raise ValueError(f"blocks is {self.blocks!r}, expected at most 2, 5 and 2")
        check_fraction("dropout", self.dropout)


class InceptionV1(nn.Module):
    """GoogLeNet: every block looks at a picture with filters of several sizes at once and lets the next one choose.

    Use it to learn the idea, or where few parameters are wanted; a ResNet of the same cost is about as accurate and simpler.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W), H and W at least 15, to logits (B, K).
    """

    def __init__(self, config: InceptionV1Config) -> None:
        super().__init__()
        self.config = config
        first, second, third = (scaled(channels, config.width_factor) for channels in (64, 64, 192))
        self.conv1 = ConvNorm(config.in_channels, first, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv2 = ConvNorm(first, second, kernel_size=1)
        self.conv3 = ConvNorm(second, third, kernel_size=3, padding=1)
        channels = third
        self.stages: list[str] = []  # names of what follows, in order
        for (pool, published), number in zip(STAGES.items(), config.blocks, strict=True):
            self.add_module(pool, nn.MaxPool2d(POOL_SIZES[pool], stride=2, ceil_mode=True))
            chosen = list(published.items())[:number]
            for name, widths in chosen:
                block = InceptionBlock(channels, widths, config.width_factor)
                self.add_module(name, block)
                channels = block.out_channels
            self.stages += [pool, *(name for name, _ in chosen)]
        self.dropout = Dropout(config.dropout)
        self.fc = nn.Linear(channels, config.num_outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.01)

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.conv3(self.conv2(self.maxpool1(self.conv1(image))))  # (B, D, H/4, W/4), rounded up
        for name in self.stages:
            x = self.get_submodule(name)(x)
        return self.fc(self.dropout(x.mean(dim=(2, 3))))


class InceptionBlock(nn.Module):
    """Four branches side by side: 1x1, 3x3, a wider filter, and pooling; 1x1 convolutions keep them cheap (figure 2b).

    Args:
        in_channels: channels of the input.
        widths: published channels of its convolutions.
        width_factor: multiple of them that is built.

    Shapes: (B, in_channels, H, W) to (B, out_channels, H, W).
    """

    def __init__(self, in_channels: int, widths: BlockWidths, width_factor: float) -> None:
        super().__init__()
        one, three, five, pooled = (scaled(n, width_factor) for n in (widths.one, widths.three, widths.five, widths.pooled))
        three_narrowed, five_narrowed = (scaled(n, width_factor) for n in (widths.three_narrowed, widths.five_narrowed))
        self.branch1 = ConvNorm(in_channels, one)
        self.branch2 = nn.Sequential(ConvNorm(in_channels, three_narrowed), ConvNorm(three_narrowed, three, 3, padding=1))
        self.branch3 = nn.Sequential(ConvNorm(in_channels, five_narrowed), ConvNorm(five_narrowed, five, 3, padding=1))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), ConvNorm(in_channels, pooled))
        self.out_channels = one + three + five + pooled

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of the branches, side by side as channels."""
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


def scaled(channels: int, factor: float) -> int:
    """Return a multiple of a channel count, rounded, at least 1."""
    return max(1, round(channels * factor))


LEFT_OUT = ("aux1.", "aux2.")
TINY = {"width_factor": 0.25, "blocks": (1, 1, 1)}
MODELS = {
    "inception-v1": Architecture(InceptionV1, InceptionV1Config, reads="image", least_pixels=15, left_out=LEFT_OUT),
    "inception-v1-tiny": Architecture(InceptionV1, InceptionV1Config, reads="image", sizes=TINY, least_pixels=15),
}
