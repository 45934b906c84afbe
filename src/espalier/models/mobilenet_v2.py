"""MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381, table 2).

First weights as in the reference implementation: convolutions He normal by fan-out, the last layer normal with deviation 0.01.
Differs: channel counts are rounded to multiples of 8, never down by more than a tenth, as in the authors' code.

In training the biases of the narrow ends learn nothing: the batch normalization after the next 1x1 convolution takes them away
again. They are here because the published weights have them.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.image_norm import ImageBatchNorm
from espalier.models.layers.options import check_count, check_fraction, check_image, check_positive

STEM_CHANNELS = 32
LAST_CHANNELS = 1280  # before the last layer; a width factor above 1 widens them, one below 1 leaves them
CHANNELS_STEP = 8  # channel counts are multiples of it
STAGES = ((1, 16, 1), (6, 24, 2), (6, 32, 2), (6, 64, 2), (6, 96, 1), (6, 160, 2), (6, 320, 1))  # expansion, channels, stride


@dataclass(frozen=True)
class MobilenetV2Config:
    """What a MobileNetV2 is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        width_factor: channels of every stage, as a multiple of the published ones; above 0.
        repeats: blocks of each stage, at most 7 numbers; a shorter list leaves out the last stages.
        dropout: share of the last features set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    width_factor: float = 1.0
    repeats: tuple[int, ...] = (1, 2, 3, 4, 3, 3, 1)
    dropout: float = 0.2

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_positive("width_factor", self.width_factor)
        if not 1 <= len(self.repeats) <= len(STAGES):
            raise ValueError(f"repeats is {self.repeats!r}, expected 1 to {len(STAGES)} numbers, one for each stage")
        for number in self.repeats:
            check_count("a number of repeats", number)
        check_fraction("dropout", self.dropout)


class MobilenetV2(nn.Module):
    """MobileNetV2: a small and quick network, made for phones; each filter looks at one channel, then channels are mixed.

    Use it where time or memory to predict is short: its accuracy is near that of a ResNet-18 with a third of the parameters
    and a sixth of the arithmetic. On a CPU without fast depthwise convolutions its training gains less than that.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W), of any size, to logits (B, K).
    """

    def __init__(self, config: MobilenetV2Config) -> None:
        super().__init__()
        self.config = config
        channels = rounded(STEM_CHANNELS * config.width_factor)
        last_channels = rounded(LAST_CHANNELS * max(1.0, config.width_factor))
        features: list[nn.Module] = [ConvNormClip(config.in_channels, channels, kernel_size=3, stride=2)]
        for (expansion, base_channels, first_stride), repeats in zip(STAGES, config.repeats, strict=False):
            out_channels = rounded(base_channels * config.width_factor)
            for index in range(repeats):
                features.append(InvertedResidual(channels, out_channels, first_stride if index == 0 else 1, expansion))
                channels = out_channels
        features.append(ConvNormClip(channels, last_channels, kernel_size=1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(Dropout(config.dropout), nn.Linear(last_channels, config.num_outputs))
        self._initialize()

    def _initialize(self) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=0.01)
                nn.init.zeros_(layer.bias)

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.features(image)  # (B, D, H/32, W/32), rounded up
        return self.classifier(x.mean(dim=(2, 3)))


class InvertedResidual(nn.Module):
    """Widens to many channels, filters each by itself, and narrows again without an activation; adds its input where it fits.

    It is inverted because the connection past it joins the narrow ends (section 3.3); an activation on the narrow end would
    lose information (section 3.2).

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: of the filter; 2 halves the picture.
        expansion: inner channels, as a multiple of in_channels; 1 leaves the widening out.

    Shapes: (B, in_channels, H, W) to (B, out_channels, H / stride, W / stride), rounded up.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = in_channels * expansion
        self.conv = nn.Sequential(
            *([ConvNormClip(in_channels, inner, kernel_size=1)] if expansion > 1 else []),
            ConvNormClip(inner, inner, kernel_size=3, stride=stride, groups=inner),
            nn.Conv2d(inner, out_channels, kernel_size=1, bias=False),
            ImageBatchNorm(out_channels),
        )
        self.adds_input = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """Return the correction, added to the input where both have one shape."""
        return x + self.conv(x) if self.adds_input else self.conv(x)


class ConvNormClip(nn.Sequential):
    """Convolution, batch normalization and ReLU6, which clips to 0 to 6: few bits are enough for what comes out.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: odd, in pixels; the padding keeps the size at stride 1.
        stride: step of the filter.
        groups: parts whose channels do not see one another.

    Shapes: (B, in_channels, H, W) to (B, out_channels, H / stride, W / stride), rounded up.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False),
            ImageBatchNorm(out_channels),
            nn.ReLU6(),
        )


def rounded(channels: float) -> int:
    """Return the multiple of 8 nearest to a channel count, at least 8 and at least nine tenths of it."""
    nearest = max(CHANNELS_STEP, int(channels + CHANNELS_STEP / 2) // CHANNELS_STEP * CHANNELS_STEP)
    return nearest if nearest >= 0.9 * channels else nearest + CHANNELS_STEP


TINY = {"width_factor": 0.25, "repeats": (1, 1, 1, 1)}
MODELS = {
    "mobilenet-v2": Architecture(MobilenetV2, MobilenetV2Config, reads="image"),
    "mobilenet-v2-tiny": Architecture(MobilenetV2, MobilenetV2Config, reads="image", sizes=TINY),
}
