"""VGG (Simonyan, Zisserman 2014, arXiv 1409.1556, table 1, configurations A, B, D and E).

Differs: the feature maps are averaged onto a grid of 7x7 before the first linear layer, so that any picture size fits; the
names that end in "-bn" have batch normalization, which is younger than the paper. First weights as in the implementation whose
weights are published: convolutions He et al. 2015, arXiv 1502.01852, equation 14 (fan-out); linear layers normal with
deviation 0.01; biases 0. The paper started deep networks from trained shallow ones.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.he_convolutions import draw_he_convolutions
from espalier.models.layers.image_norm import ImageBatchNorm
from espalier.models.layers.options import check_choice, check_count, check_fraction, check_image

NORMS = ("none", "batch")
WIDEST = 8  # channels of the last stages, as a multiple of width
GRID = 7  # cells in each direction that the feature maps are averaged onto
LINEAR_STD = 0.01


@dataclass(frozen=True)
class VggConfig:
    """What a VGG is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        num_convolutions: 3x3 convolutions of each stage; each stage ends with max-pooling that halves height and width.
        width: channels of the first stage; each stage doubles them, up to 8 times as many.
        hidden_size: units of the two hidden linear layers.
        norm: none or batch; stands between a convolution and its activation.
        bias: convolutions have biases. Batch normalization cancels them, but published weights have them there too.
        dropout: share of the hidden linear layers' units set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    num_convolutions: tuple[int, ...] = (2, 2, 3, 3, 3)
    width: int = 64
    hidden_size: int = 4096
    norm: str = "none"
    bias: bool = True
    dropout: float = 0.5

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_choice("norm", self.norm, NORMS)
        check_count("width", self.width)
        check_count("hidden_size", self.hidden_size)
        check_fraction("dropout", self.dropout)
        if not self.num_convolutions:
            raise ValueError("num_convolutions is empty, expected a whole number of at least 1 for each stage")
        for count in self.num_convolutions:
            check_count("a stage of num_convolutions", count)


class Vgg(nn.Module):
    """VGG: a plain pile of small convolutions and three large linear layers; simple to read, heavy to run.

    For comparison, and where its feature maps are wanted. ResNet is smaller, faster and better. With few pictures take a name
    that ends in "-bn": it is far easier to train.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W), H and W at least 2 to the number of stages, to (B, K).
    """

    def __init__(self, config: VggConfig) -> None:
        super().__init__()
        self.config = config
        self.features = nn.Sequential()
        in_channels = config.in_channels
        for stage, count in enumerate(config.num_convolutions):
            channels = config.width * min(2**stage, WIDEST)
            for _ in range(count):
                self.features.extend(_convolution(config, in_channels, channels))
                in_channels = channels
            self.features.append(nn.MaxPool2d(kernel_size=2))
        self.avgpool = nn.AdaptiveAvgPool2d(GRID)
        self.classifier = nn.Sequential(
            nn.Linear(in_channels * GRID**2, config.hidden_size),
            nn.ReLU(),
            Dropout(config.dropout),
            nn.Linear(config.hidden_size, config.hidden_size),
            nn.ReLU(),
            Dropout(config.dropout),
            nn.Linear(config.hidden_size, config.num_outputs),
        )
        draw_he_convolutions(self)
        for layer in self.classifier:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=LINEAR_STD)
                nn.init.zeros_(layer.bias)

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.avgpool(self.features(image))  # (B, 512, 7, 7)
        return self.classifier(x.flatten(1))


def _convolution(config: VggConfig, in_channels: int, channels: int) -> list[nn.Module]:
    """Return a convolution and the layers that belong to it."""
    convolution = nn.Conv2d(in_channels, channels, kernel_size=3, padding=1, bias=config.bias)
    norms = [ImageBatchNorm(channels)] if config.norm == "batch" else []
    return [convolution, *norms, nn.ReLU()]


STAGES = {
    "vgg11": (1, 1, 2, 2, 2),
    "vgg13": (2, 2, 2, 2, 2),
    "vgg16": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}
TINY = {"num_convolutions": (1, 1, 2), "width": 8, "hidden_size": 32, "norm": "batch", "bias": False}
MODELS = {
    **{
        name: Architecture(Vgg, VggConfig, reads="image", sizes={"num_convolutions": stages}, least_pixels=32)
        for name, stages in STAGES.items()
    },
    **{
        f"{name}-bn": Architecture(
            Vgg, VggConfig, reads="image", sizes={"num_convolutions": stages, "norm": "batch"}, least_pixels=32
        )
        for name, stages in STAGES.items()
    },
    "vgg-tiny": Architecture(Vgg, VggConfig, reads="image", sizes=TINY, least_pixels=8),
}
