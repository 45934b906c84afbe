"""Inception v3 (Szegedy et al. 2015, arXiv 1512.00567, table 1 and section 6).

First weights as in the reference implementation: convolutions and the last layer truncated normal with deviation 0.1.
Differs: no head half-way, which only served training. The published weights, whose key names these are, expect values of a
picture from -1 to 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.conv_norm import ConvNorm
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_fraction, check_image, check_positive

TALL, WIDE = (7, 1), (1, 7)  # filters that, one after the other, see as far as one of 7x7 (section 3.2)
TALL_PADDING, WIDE_PADDING = (3, 0), (0, 3)
POOLED_CHANNELS = (32, 64, 64)  # of the pooled branch of the first blocks
SQUEEZED_CHANNELS = (128, 160, 160, 192)  # inside the 7x7 branches of the middle blocks
Scale = Callable[[int], int]


@dataclass(frozen=True)
class InceptionV3Config:
    """What an Inception v3 is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        width_factor: channels of every convolution, as a multiple of the published ones; above 0.
        blocks: inception blocks of each of the three stages, at most 3, 4 and 2; the first ones of each are built.
        dropout: share of the last features set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    width_factor: float = 1.0
    blocks: tuple[int, ...] = (3, 4, 2)
    dropout: float = 0.5

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_positive("width_factor", self.width_factor)
        if len(self.blocks) != 3:
            raise ValueError(f"blocks is {self.blocks!r}, expected 3 numbers, one for each stage")
        for number, most in zip(self.blocks, (3, 4, 2), strict=True):
            check_count("one of blocks", number)
            if number > most:
                raise ValueError(f"blocks is {self.blocks!r}, expected at most 3, 4 and 2")
        check_fraction("dropout", self.dropout)


class InceptionV3(nn.Module):
    """Inception v3: filters of several shapes at once, with large ones built of small and one-dimensional ones.

    Use it on pictures of about 300 pixels, for which it was made; below 75 pixels nothing would be left of them.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W), H and W at least 75, to logits (B, K).
    """

    def __init__(self, config: InceptionV3Config) -> None:
        super().__init__()
        self.config = config
        self.stages: list[str] = []  # names of the inception blocks, in order

        def scale(channels: int) -> int:
            return max(1, round(channels * config.width_factor))

        self.Conv2d_1a_3x3 = ConvNorm(config.in_channels, scale(32), 3, stride=2)
        self.Conv2d_2a_3x3 = ConvNorm(scale(32), scale(32), 3)
        self.Conv2d_2b_3x3 = ConvNorm(scale(32), scale(64), 3, padding=1)
        self.maxpool1 = nn.MaxPool2d(3, stride=2)
        self.Conv2d_3b_1x1 = ConvNorm(scale(64), scale(80))
        self.Conv2d_4a_3x3 = ConvNorm(scale(80), scale(192), 3)
        self.maxpool2 = nn.MaxPool2d(3, stride=2)
        channels = scale(192)
        first, middle, last = config.blocks
        for letter, pooled in zip("bcd"[:first], POOLED_CHANNELS, strict=False):
            channels = self._add(f"Mixed_5{letter}", SmallFilters(channels, pooled, scale))
        channels = self._add("Mixed_6a", FirstHalving(channels, scale))
        for letter, squeezed in zip("bcde"[:middle], SQUEEZED_CHANNELS, strict=False):
            channels = self._add(f"Mixed_6{letter}", LongFilters(channels, squeezed, scale))
        channels = self._add("Mixed_7a", SecondHalving(channels, scale))
        for letter in "bc"[:last]:
            channels = self._add(f"Mixed_7{letter}", SplitFilters(channels, scale))
        self.dropout = Dropout(config.dropout)
        self.fc = nn.Linear(channels, config.num_outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.1)

    def _add(self, name: str, block: "Branches") -> int:
        """Append a block and return its output channels."""
        self.add_module(name, block)
        self.stages.append(name)
        return block.out_channels

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(image)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(self.maxpool1(x)))
        x = self.maxpool2(x)  # (B, D, 35, 35) from 299 x 299
        for name in self.stages:
            x = self.get_submodule(name)(x)
        return self.fc(self.dropout(x.mean(dim=(2, 3))))


def average_of_neighbours(x: Tensor) -> Tensor:
    """Return the mean of the 3x3 pixels around each pixel; beyond the edge they are 0."""
    return F.avg_pool2d(x, kernel_size=3, stride=1, padding=1)


class SmallFilters(nn.Module):
    """Four branches: 1x1, 5x5, two 3x3 one after the other, and pooling (figure 5; the published weights keep one 5x5).

    Args:
        in_channels: channels of the input.
        pooled: published channels of the pooled branch.
        scale: published channels to those that are built.

    Shapes: (B, in_channels, H, W) to (B, out_channels, H, W).
    """

    def __init__(self, in_channels: int, pooled: int, scale: Scale) -> None:
        super().__init__()
        self.branch1x1 = ConvNorm(in_channels, scale(64))
        self.branch5x5_1 = ConvNorm(in_channels, scale(48))
        self.branch5x5_2 = ConvNorm(scale(48), scale(64), 5, padding=2)
        self.branch3x3dbl_1 = ConvNorm(in_channels, scale(64))
        self.branch3x3dbl_2 = ConvNorm(scale(64), scale(96), 3, padding=1)
        self.branch3x3dbl_3 = ConvNorm(scale(96), scale(96), 3, padding=1)
        self.branch_pool = ConvNorm(in_channels, scale(pooled))
        self.out_channels = scale(64) + scale(64) + scale(96) + scale(pooled)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of the branches, side by side as channels."""
        five = self.branch5x5_2(self.branch5x5_1(x))
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(average_of_neighbours(x))
        return torch.cat([self.branch1x1(x), five, three, pooled], dim=1)


class FirstHalving(nn.Module):
    """Halves height and width by two convolutions and a pooling side by side, so that nothing is squeezed out (figure 10).

    Args:
        in_channels: channels of the input.
        scale: published channels to those that are built.

    Shapes: (B, in_channels, H, W) to (B, out_channels, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int, scale: Scale) -> None:
        super().__init__()
        self.branch3x3 = ConvNorm(in_channels, scale(384), 3, stride=2)
        self.branch3x3dbl_1 = ConvNorm(in_channels, scale(64))
        self.branch3x3dbl_2 = ConvNorm(scale(64), scale(96), 3, padding=1)
        self.branch3x3dbl_3 = ConvNorm(scale(96), scale(96), 3, stride=2)
        self.out_channels = scale(384) + scale(96) + in_channels

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of the branches, side by side as channels."""
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), three, F.max_pool2d(x, kernel_size=3, stride=2)], dim=1)


class LongFilters(nn.Module):
    """Four branches: 1x1, one pair of 1x7 and 7x1, two such pairs, and pooling (figure 6).

    Args:
        in_channels: channels of the input.
        squeezed: published channels inside the long branches.
        scale: published channels to those that are built.

    Shapes: (B, in_channels, H, W) to (B, out_channels, H, W).
    """

    def __init__(self, in_channels: int, squeezed: int, scale: Scale) -> None:
        super().__init__()
        inner, outer = scale(squeezed), scale(192)
        self.branch1x1 = ConvNorm(in_channels, outer)
        self.branch7x7_1 = ConvNorm(in_channels, inner)
        self.branch7x7_2 = ConvNorm(inner, inner, WIDE, padding=WIDE_PADDING)
        self.branch7x7_3 = ConvNorm(inner, outer, TALL, padding=TALL_PADDING)
        self.branch7x7dbl_1 = ConvNorm(in_channels, inner)
        self.branch7x7dbl_2 = ConvNorm(inner, inner, TALL, padding=TALL_PADDING)
        self.branch7x7dbl_3 = ConvNorm(inner, inner, WIDE, padding=WIDE_PADDING)
        self.branch7x7dbl_4 = ConvNorm(inner, inner, TALL, padding=TALL_PADDING)
        self.branch7x7dbl_5 = ConvNorm(inner, outer, WIDE, padding=WIDE_PADDING)
        self.branch_pool = ConvNorm(in_channels, outer)
        self.out_channels = 4 * outer

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of the branches, side by side as channels."""
        once = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        twice = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        twice = self.branch7x7dbl_5(self.branch7x7dbl_4(twice))
        pooled = self.branch_pool(average_of_neighbours(x))
        return torch.cat([self.branch1x1(x), once, twice, pooled], dim=1)


class SecondHalving(nn.Module):
    """Halves height and width like the first halving, with long filters before one of the convolutions.

    Args:
        in_channels: channels of the input.
        scale: published channels to those that are built.

    Shapes: (B, in_channels, H, W) to (B, out_channels, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int, scale: Scale) -> None:
        super().__init__()
        inner = scale(192)
        self.branch3x3_1 = ConvNorm(in_channels, inner)
        self.branch3x3_2 = ConvNorm(inner, scale(320), 3, stride=2)
        self.branch7x7x3_1 = ConvNorm(in_channels, inner)
        self.branch7x7x3_2 = ConvNorm(inner, inner, WIDE, padding=WIDE_PADDING)
        self.branch7x7x3_3 = ConvNorm(inner, inner, TALL, padding=TALL_PADDING)
        self.branch7x7x3_4 = ConvNorm(inner, inner, 3, stride=2)
        self.out_channels = scale(320) + inner + in_channels

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of the branches, side by side as channels."""
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return torch.cat([three, self.branch7x7x3_4(seven), F.max_pool2d(x, kernel_size=3, stride=2)], dim=1)


class SplitFilters(nn.Module):
    """Four branches, of which two end in a 1x3 and a 3x1 side by side: many kinds of features on a coarse grid (figure 7).

    Args:
        in_channels: channels of the input.
        scale: published channels to those that are built.

    Shapes: (B, in_channels, H, W) to (B, out_channels, H, W).
    """

    def __init__(self, in_channels: int, scale: Scale) -> None:
        super().__init__()
        inner = scale(384)
        self.branch1x1 = ConvNorm(in_channels, scale(320))
        self.branch3x3_1 = ConvNorm(in_channels, inner)
        self.branch3x3_2a = ConvNorm(inner, inner, (1, 3), padding=(0, 1))
        self.branch3x3_2b = ConvNorm(inner, inner, (3, 1), padding=(1, 0))
        self.branch3x3dbl_1 = ConvNorm(in_channels, scale(448))
        self.branch3x3dbl_2 = ConvNorm(scale(448), inner, 3, padding=1)
        self.branch3x3dbl_3a = ConvNorm(inner, inner, (1, 3), padding=(0, 1))
        self.branch3x3dbl_3b = ConvNorm(inner, inner, (3, 1), padding=(1, 0))
        self.branch_pool = ConvNorm(in_channels, scale(192))
        self.out_channels = scale(320) + 4 * inner + scale(192)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of the branches, side by side as channels."""
        once = self.branch3x3_1(x)
        twice = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        split = [self.branch3x3_2a(once), self.branch3x3_2b(once), self.branch3x3dbl_3a(twice), self.branch3x3dbl_3b(twice)]
        return torch.cat([self.branch1x1(x), *split, self.branch_pool(average_of_neighbours(x))], dim=1)


Branches = SmallFilters | FirstHalving | LongFilters | SecondHalving | SplitFilters
LEFT_OUT = ("AuxLogits.",)
TINY = {"width_factor": 0.0625, "blocks": (1, 1, 1), "dropout": 0.2}
MODELS = {
    "inception-v3": Architecture(InceptionV3, InceptionV3Config, reads="image", least_pixels=75, left_out=LEFT_OUT),
    "inception-v3-tiny": Architecture(InceptionV3, InceptionV3Config, reads="image", sizes=TINY, least_pixels=75),
}
