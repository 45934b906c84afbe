"""DenseNet (Huang et al. 2017, arXiv 1608.06993, table 1, the variants DenseNet-BC).

First weights as in the reference implementation: convolutions He normal by fan-in, the bias of the last layer zero.

Memory: layer l of a block reads all channels before it, so what training keeps of them grows with the square of the number of
layers: each keeps its concatenated input twice, as it is and after norm and ReLU. With `recompute` both are made again on the
way back, and what is kept grows with the number of layers alone, at the price of about a fifth more time (Pleiss et al. 2017,
arXiv 1707.06990). Without gradients nothing is kept either way: a block holds its maps and one concatenation at a time.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.image_norm import ImageBatchNorm
from espalier.models.layers.options import check_count, check_fraction, check_image

BOTTLENECK = 4  # inner channels of a layer, as a multiple of growth


@dataclass(frozen=True)
class DensenetConfig:
    """What a DenseNet is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        growth: channels that each layer adds.
        layers: dense layers of each block.
        stem_channels: channels before the first block.
        dropout: share of each layer's output set to zero in training, 0 to below 1.
        recompute: keep no concatenations in training but make them again for the gradient: less memory, more time.
    """

    in_channels: int
    num_outputs: int
    growth: int = 32
    layers: tuple[int, ...] = (6, 12, 24, 16)
    stem_channels: int = 64
    dropout: float = 0.0
    recompute: bool = False

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_count("growth", self.growth)
        if not self.layers:
            raise ValueError("layers is (), expected the number of layers of each block")
        for number in self.layers:
            check_count("one of layers", number)
        check_count("stem_channels", self.stem_channels, least=2)  # a transition halves them
        check_fraction("dropout", self.dropout)


class Densenet(nn.Module):
    """DenseNet: each layer sees the output of all layers before it, so few new channels a layer are enough.

    Use it where parameters should be few and memory is plenty; with short memory, set `recompute`.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W), H and W at least 29 with four blocks and 13 with three, to logits (B, K).
    """

    def __init__(self, config: DensenetConfig) -> None:
        super().__init__()
        self.config = config
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(config.in_channels, config.stem_channels, 7, 2, 3, bias=False))
        self.features.add_module("norm0", ImageBatchNorm(config.stem_channels))
        self.features.add_module("relu0", nn.ReLU())
        self.features.add_module("pool0", nn.MaxPool2d(3, stride=2, padding=1))
        channels = config.stem_channels
        for number, num_layers in enumerate(config.layers, start=1):
            self.features.add_module(f"denseblock{number}", DenseBlock(channels, num_layers, config))
            channels += num_layers * config.growth
            if number < len(config.layers):
                self.features.add_module(f"transition{number}", Transition(channels))
                channels //= 2
        self.features.add_module(f"norm{len(config.layers) + 1}", ImageBatchNorm(channels))
        self.features.add_module(f"relu{len(config.layers) + 1}", nn.ReLU())
        self.classifier = nn.Linear(channels, config.num_outputs)
        nn.init.zeros_(self.classifier.bias)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.features(image)  # (B, D, H/32, W/32)
        return self.classifier(x.mean(dim=(2, 3)))


class DenseBlock(nn.Module):
    """Layers that each read the block's input and the outputs of all layers before, side by side as channels.

    Args:
        in_channels: channels of the block's input.
        num_layers: dense layers.
        config: growth, dropout and recompute of the whole model.

    Shapes: (B, in_channels, H, W) to (B, in_channels + num_layers * growth, H, W).
    """

    def __init__(self, in_channels: int, num_layers: int, config: DensenetConfig) -> None:
        super().__init__()
        for index in range(num_layers):
            self.add_module(f"denselayer{index + 1}", DenseLayer(in_channels + index * config.growth, config))

    def forward(self, x: Tensor) -> Tensor:
        """Return the input and all that the layers added."""
        maps = [x]
        for layer in self.children():
            maps.append(layer(maps))
        return torch.cat(maps, dim=1)


class DenseLayer(nn.Module):
    """Adds a few channels: a 1x1 convolution narrows what there is, a 3x3 convolution looks at neighbours.

    Args:
        in_channels: channels of all maps read.
        config: growth, dropout and recompute of the whole model.

    Shapes: a list of (B, c, H, W), whose c add up to in_channels, to (B, growth, H, W).
    """

    def __init__(self, in_channels: int, config: DensenetConfig) -> None:
        super().__init__()
        inner = BOTTLENECK * config.growth
        self.norm1 = ImageBatchNorm(in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(in_channels, inner, kernel_size=1, bias=False)
        self.norm2 = ImageBatchNorm(inner)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(inner, config.growth, kernel_size=3, padding=1, bias=False)
        self.dropout = Dropout(config.dropout)
        self.recompute = config.recompute

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return the new channels."""
        if self.recompute and self.training and torch.is_grad_enabled():
            inner = checkpoint(self.narrowed, *maps, use_reentrant=False, context_fn=self._contexts)
        else:
            inner = self.narrowed(*maps)
        return self.dropout(self.conv2(self.relu2(self.norm2(inner))))

    def narrowed(self, *maps: Tensor) -> Tensor:
        """Return the inner channels: those of all maps, normalized and mixed.

        Args:
            *maps: what the layers before gave.
        """
        return self.conv1(self.relu1(self.norm1(torch.cat(maps, dim=1))))

    def _contexts(self) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        """Return what surrounds the first run and the second, which must not count the batch's statistics again."""
        return nullcontext(), without_counting(self.norm1)


@contextmanager
def without_counting(norm: nn.BatchNorm2d) -> Iterator[None]:
    """Leave a normalization's running statistics as they are, while it works with those of the batch.

    Args:
        norm: one in training mode.
    """
    momentum, count = norm.momentum, norm.num_batches_tracked
    norm.momentum, norm.num_batches_tracked = 0.0, None
    try:
        yield
    finally:
        norm.momentum, norm.num_batches_tracked = momentum, count


class Transition(nn.Sequential):
    """Between two blocks: halves the channels, the height and the width.

    Args:
        in_channels: channels of the input.

    Shapes: (B, in_channels, H, W) to (B, in_channels / 2, H / 2, W / 2), rounded down.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.add_module("norm", ImageBatchNorm(in_channels))
        self.add_module("relu", nn.ReLU())
        self.add_module("conv", nn.Conv2d(in_channels, in_channels // 2, kernel_size=1, bias=False))
        self.add_module("pool", nn.AvgPool2d(kernel_size=2, stride=2))


SIZES_161 = {"growth": 48, "layers": (6, 12, 36, 24), "stem_channels": 96}
TINY = {"growth": 8, "layers": (2, 2, 2), "stem_channels": 16}
MODELS = {
    "densenet121": Architecture(Densenet, DensenetConfig, reads="image", least_pixels=29),
    "densenet161": Architecture(Densenet, DensenetConfig, reads="image", sizes=SIZES_161, least_pixels=29),
    "densenet169": Architecture(Densenet, DensenetConfig, reads="image", sizes={"layers": (6, 12, 32, 32)}, least_pixels=29),
    "densenet201": Architecture(Densenet, DensenetConfig, reads="image", sizes={"layers": (6, 12, 48, 32)}, least_pixels=29),
    "densenet-tiny": Architecture(Densenet, DensenetConfig, reads="image", sizes=TINY, least_pixels=13),
}
