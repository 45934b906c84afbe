"""ConvNeXt (Liu et al. 2022, arXiv 2201.03545, figure 4; the sizes T, S, B and L from section 3).

The published sizes are named by their letter, `convnext-t` to `convnext-l`. The paper writes out the first of them as
"ConvNeXt-Tiny", 28.6 million parameters; here `convnext-tiny` is a network of some 16,000, as `-tiny` is everywhere.

First weights as in the authors' code: truncated normal with deviation 0.02, biases zero.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.options import check_count, check_fraction, check_image, check_positive
from espalier.models.layers.stochastic_depth import StochasticDepth, depth_schedule

KERNEL_SIZE = 7  # pixels, of the filter of each channel
PATCH_SIZE = 4  # pixels, of the stem
EXPANSION = 4  # inner channels of a block, as a multiple of its own
EPS = 1e-6  # added to the variance by every normalization


@dataclass(frozen=True)
class ConvnextConfig:
    """What a ConvNeXt is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        widths: channels of each stage.
        depths: blocks of each stage, as many numbers as widths.
        layer_scale: first factor of every block's correction, above 0.
        drop_path: share of pictures for which the last block is left out in training; earlier ones less. 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    widths: tuple[int, ...] = (96, 192, 384, 768)
    depths: tuple[int, ...] = (3, 3, 9, 3)
    layer_scale: float = 1e-6
    drop_path: float = 0.1

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        if not self.widths or len(self.widths) != len(self.depths):
            raise ValueError(f"depths is {self.depths!r}, expected one number for each of widths, which is {self.widths!r}")
        for width, depth in zip(self.widths, self.depths, strict=True):
            check_count("one of widths", width)
            check_count("one of depths", depth)
        check_positive("layer_scale", self.layer_scale)
        check_fraction("drop_path", self.drop_path)


class Convnext(nn.Module):
    """ConvNeXt: a plain convolutional network with the habits of transformers; one of the most accurate of its kind.

    Use it on pictures of 100 pixels and more, best from published weights: from scratch on few pictures a ResNet learns faster.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W), H and W at least 4 * 2^(stages - 1), to logits (B, K).
    """

    def __init__(self, config: ConvnextConfig) -> None:
        super().__init__()
        self.config = config
        drops = iter(depth_schedule(config.drop_path, sum(config.depths)))
        first, last = config.widths[0], config.widths[-1]
        stem = nn.Conv2d(config.in_channels, first, kernel_size=PATCH_SIZE, stride=PATCH_SIZE)
        features: list[nn.Module] = [nn.Sequential(stem, ChannelNorm(first, eps=EPS))]
        before = first
        for index, (width, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            if index > 0:
                halve = nn.Conv2d(before, width, kernel_size=2, stride=2)
                features.append(nn.Sequential(ChannelNorm(before, eps=EPS), halve))
            blocks = (ConvnextBlock(width, config.layer_scale, next(drops)) for _ in range(depth))
            features.append(nn.Sequential(*blocks))
            before = width
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(ChannelNorm(last, eps=EPS), nn.Flatten(1), nn.Linear(last, config.num_outputs))
        for layer in self.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)) and layer.bias is not None:
                nn.init.trunc_normal_(layer.weight, std=0.02)
                nn.init.zeros_(layer.bias)

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.features(image)  # (B, D, H/32, W/32), rounded down
        return self.classifier(x.mean(dim=(2, 3), keepdim=True))


class ConvnextBlock(nn.Module):
    """A wide filter on each channel, then a two-layer perceptron at every pixel; its scaled answer is added to the input.

    Args:
        channels: D.
        layer_scale: first value of the D factors of the answer.
        drop_path: share of pictures for which the block is left out in training, 0 to below 1.

    Shapes: (B, D, H, W) to the same.
    """

    def __init__(self, channels: int, layer_scale: float, drop_path: float) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, KERNEL_SIZE, padding=KERNEL_SIZE // 2, groups=channels),
            Reordered((0, 2, 3, 1)),  # (B, H, W, D)
            nn.LayerNorm(channels, eps=EPS),
            nn.Linear(channels, EXPANSION * channels),
            nn.GELU(),
            nn.Linear(EXPANSION * channels, channels),
            Reordered((0, 3, 1, 2)),  # (B, D, H, W)
        )
        self.layer_scale = nn.Parameter(torch.full((channels, 1, 1), layer_scale))
        self.stochastic_depth = StochasticDepth(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """Return the input with the block's correction added."""
        return x + self.stochastic_depth(self.layer_scale * self.block(x))


class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels of each pixel.

    Paper: Ba, Kiros, Hinton 2016, arXiv 1607.06450.

    Shapes: (B, D, H, W) to the same.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the pixels, each normalized over its channels."""
        pixels = input.permute(0, 2, 3, 1)
        return F.layer_norm(pixels, self.normalized_shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


class Reordered(nn.Module):
    """The same values with the dimensions in another order, as a view.

    Args:
        order: which dimension of the input stands at each place.

    Shapes: any to one in the new order.
    """

    def __init__(self, order: tuple[int, ...]) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: Tensor) -> Tensor:
        """Return the view."""
        return x.permute(self.order)


S_DEPTHS = (3, 3, 27, 3)
B_SIZES = {"widths": (128, 256, 512, 1024), "depths": S_DEPTHS, "drop_path": 0.5}
L_SIZES = {"widths": (192, 384, 768, 1536), "depths": S_DEPTHS, "drop_path": 0.5}
TINY = {"widths": (16, 32), "depths": (1, 1), "layer_scale": 0.1, "drop_path": 0.0}
MODELS = {
    "convnext-t": Architecture(Convnext, ConvnextConfig, reads="image", least_pixels=32),
    "convnext-s": Architecture(
        Convnext, ConvnextConfig, reads="image", sizes={"depths": S_DEPTHS, "drop_path": 0.4}, least_pixels=32
    ),
    "convnext-b": Architecture(Convnext, ConvnextConfig, reads="image", sizes=B_SIZES, least_pixels=32),
    "convnext-l": Architecture(Convnext, ConvnextConfig, reads="image", sizes=L_SIZES, least_pixels=32),
    "convnext-tiny": Architecture(Convnext, ConvnextConfig, reads="image", sizes=TINY, least_pixels=8),
}
