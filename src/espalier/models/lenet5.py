"""LeNet-5 (LeCun, Bottou, Bengio, Haffner 1998, Proceedings of the IEEE 86(11), figure 2).

Differs, as today's readings do: every map of the second convolution sees all maps before it (the paper's table 1 leaves some
out); pooling is a plain average of 2x2 pixels (the paper's has a learnt gain and bias, and a sigmoid after it); the activation
is tanh(x) (the paper's is 1.7159 tanh(2 x / 3)); the last layer is linear (the paper's measures distances to drawn digits).
First weights as torch draws them: uniform within 1 / sqrt(inputs of a unit); the paper's lie within 2.4 / inputs.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.activations import build_activation
from espalier.models.layers.options import check_choice, check_count, check_image

SIDE = 32  # pixels of the picture that the paper reads
GRID = 5  # cells in each direction that the last maps are averaged onto; a picture of 32 pixels has just as many
ACTIVATIONS = ("tanh", "sigmoid", "relu", "leaky_relu", "elu", "gelu", "silu")
POOLS = {"average": nn.AvgPool2d, "max": nn.MaxPool2d}


@dataclass(frozen=True)
class Lenet5Config:
    """What a LeNet-5 is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        channels: channels of the first and of the second convolution.
        hidden_sizes: units of the first and of the second linear layer.
        activation: tanh, sigmoid, relu, leaky_relu, elu, gelu or silu.
        pool: average or max.
    """

    in_channels: int
    num_outputs: int
    channels: tuple[int, ...] = (6, 16)
    hidden_sizes: tuple[int, ...] = (120, 84)
    activation: str = "tanh"
    pool: str = "average"

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("pool", self.pool, POOLS)
        for option, sizes in (("channels", self.channels), ("hidden_sizes", self.hidden_sizes)):
            if len(sizes) != 2:
                raise ValueError(f"{option} is {sizes}, expected two whole numbers")
            for size in sizes:
                check_count(f"one of {option}", size)


class Lenet5(nn.Module):
    """LeNet-5: the small convolutional network of 1998 that read the digits on bank cheques.

    To learn how a convolutional network works, and for small grey pictures of signs: it trains in seconds. A smaller picture
    gets a frame of zeros up to 32 pixels, as the paper's digits of 28 do; of a larger one the last maps are averaged onto a
    grid of 5x5.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W) to (B, K).
    """

    def __init__(self, config: Lenet5Config) -> None:
        super().__init__()
        self.config = config
        first, second = config.channels
        pool = POOLS[config.pool]
        self.features = nn.Sequential(
            nn.Conv2d(config.in_channels, first, kernel_size=5),  # C1 in figure 2
            build_activation(config.activation),
            pool(kernel_size=2),  # S2
            nn.Conv2d(first, second, kernel_size=5),  # C3
            build_activation(config.activation),
            pool(kernel_size=2),  # S4
        )
        self.avgpool = nn.AdaptiveAvgPool2d(GRID)
        third, fourth = config.hidden_sizes
        self.classifier = nn.Sequential(
            nn.Linear(second * GRID**2, third),  # C5, a convolution over all of S4
            build_activation(config.activation),
            nn.Linear(third, fourth),  # F6
            build_activation(config.activation),
            nn.Linear(fourth, config.num_outputs),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.avgpool(self.features(_framed(image)))  # (B, 16, 5, 5)
        return self.classifier(x.flatten(1))


def _framed(image: Tensor) -> Tensor:
    """Return a picture of at least 32 pixels in height and width, with zeros around a smaller one."""
    high, wide = (max(0, SIDE - size) for size in image.shape[-2:])
    if high == 0 and wide == 0:
        return image
    return F.pad(image, (wide // 2, wide - wide // 2, high // 2, high - high // 2))


TINY = {"channels": (4, 8), "hidden_sizes": (32, 16)}
MODELS = {
    "lenet5": Architecture(Lenet5, Lenet5Config, reads="image"),
    "lenet5-tiny": Architecture(Lenet5, Lenet5Config, reads="image", sizes=TINY),
}
