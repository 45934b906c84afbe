"""Fast small network for small pictures, in the way of the CIFAR-10 speed records.

After Page 2018 ("How to train your ResNet", DAWNBench) and Jordan 2024 (arXiv 2404.00498, section 3.1 and listing 4):
pooling straight behind the first convolution of a stage, so that norm and activation work on a quarter of the values; first
weights that pass their input on; the greatest value of each channel; answers scaled down.
Differs: the stem is a learnt 3 x 3 convolution with a norm instead of a fixed whitening, gains of norms are learnt, and the
channels double from stage to stage.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.image_norm import ImageBatchNorm
from espalier.models.layers.options import check_count, check_image, check_positive

NUM_STAGES = 3


@dataclass(frozen=True)
class FastCnnConfig:
    """What a fast small network is built from.

    Args:
        in_channels: C, 1 for grey pictures and 3 for colour.
        num_outputs: K.
        width: channels of the first stage, 2 or more; each further stage has twice as many, the stem half.
        depth: convolutions of each stage.
        output_scale: factor on the answers, above 0; a small one keeps the first loss and its gradients small.
    """

    in_channels: int
    num_outputs: int
    width: int = 64
    depth: int = 2
    output_scale: float = 1 / 9

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_positive("output_scale", self.output_scale)


class FastCnn(nn.Module):
    """Fast small network: a few convolutions that learn small pictures in minutes without a graphics card.

    The default for pictures of up to about 64 pixels; larger ones are seen by fewer convolutions than they need.

    Args:
        config: sizes.

    Shapes: image (B, C, H, W), H and W at least 8, to (B, K).
    """

    def __init__(self, config: FastCnnConfig) -> None:
        super().__init__()
        self.config = config
        before = max(1, config.width // 2)
        self.stem = nn.Sequential(
            nn.Conv2d(config.in_channels, before, 3, padding=1, bias=False), ImageBatchNorm(before), nn.GELU()
        )
        stages = []
        for number in range(NUM_STAGES):
            stages.append(_stage(before, config.width * 2**number, config.depth))
            before = config.width * 2**number
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(before, config.num_outputs)
        nn.init.zeros_(self.head.bias)

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.stages(self.stem(image))  # (B, 4 D, H / 8, W / 8)
        return self.head(x.amax(dim=(2, 3))) * self.config.output_scale


def _stage(in_channels: int, out_channels: int, depth: int) -> nn.Sequential:
    """Return convolutions that halve the picture, each with norm and activation; the first one's pooling comes before them."""
    layers: list[nn.Module] = []
    for number in range(depth):
        layers.append(_passing_on(nn.Conv2d(out_channels if number else in_channels, out_channels, 3, padding=1, bias=False)))
        layers += [] if number else [nn.MaxPool2d(2)]
        layers += [ImageBatchNorm(out_channels), nn.GELU()]
    return nn.Sequential(*layers)


def _passing_on(convolution: nn.Conv2d) -> nn.Conv2d:
    """Make the first output channels copies of the input channels, and leave the others as torch drew them."""
    nn.init.dirac_(convolution.weight.data[: convolution.in_channels])
    return convolution


MODELS = {
    "fast-cnn": Architecture(FastCnn, FastCnnConfig, reads="image", least_pixels=8),
    "fast-cnn-tiny": Architecture(FastCnn, FastCnnConfig, reads="image", sizes={"width": 8}, least_pixels=8),
}
