"""AlexNet in one column (Krizhevsky 2014, arXiv 1404.5997; in two columns: Krizhevsky et al. 2012, NeurIPS 25, figure 2).

Differs: 256 channels in the fourth convolution instead of 384, no response normalization, and dropout before the first two
linear layers instead of after them, as in the implementation whose weights are published; feature maps are averaged onto a
grid of 6x6 before the first linear layer, so that any picture size fits. First weights as torch draws them; the older paper
drew them with deviation 0.01 and set some biases to 1.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.options import check_count, check_fraction, check_image

GRID = 6  # cells in each direction that the feature maps are averaged onto


@dataclass(frozen=True)
class AlexnetConfig:
    """What an AlexNet is built from.

    Args:
        in_channels: C, 1 for grey pictures, 3 for colour.
        num_outputs: K.
        width: D, channels of the first convolution; the others have 3, 6, 4 and 4 times as many.
        hidden_size: units of the two hidden linear layers.
        dropout: share of what the hidden linear layers read set to zero in training, 0 to below 1.
    """

    in_channels: int
    num_outputs: int
    width: int = 64
    hidden_size: int = 4096
    dropout: float = 0.5

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_count("width", self.width)
        check_count("hidden_size", self.hidden_size)
        check_fraction("dropout", self.dropout)


class Alexnet(nn.Module):
    """AlexNet: five convolutions and three linear layers, the network that in 2012 made deep learning known for photos.

    For its place in history, and for comparison: ResNet-18 has a fifth of its parameters and answers better.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W), H and W at least 63, to (B, K).
    """

    def __init__(self, config: AlexnetConfig) -> None:
        super().__init__()
        self.config = config
        width, hidden_size = config.width, config.hidden_size
        self.features = nn.Sequential(
            nn.Conv2d(config.in_channels, width, kernel_size=11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(width, 3 * width, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(3 * width, 6 * width, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(6 * width, 4 * width, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(4 * width, 4 * width, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(GRID)
        self.classifier = nn.Sequential(
            Dropout(config.dropout),
            nn.Linear(4 * width * GRID**2, hidden_size),
            nn.ReLU(),
            Dropout(config.dropout),
            nn.Linear(hidden_size, hidden_size),
            nn.ReLU(),
            nn.Linear(hidden_size, config.num_outputs),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.avgpool(self.features(image))  # (B, 4 D, 6, 6)
        return self.classifier(x.flatten(1))


TINY = {"width": 8, "hidden_size": 32}
MODELS = {
    "alexnet": Architecture(Alexnet, AlexnetConfig, reads="image", least_pixels=63),
    "alexnet-tiny": Architecture(Alexnet, AlexnetConfig, reads="image", sizes=TINY, least_pixels=63),
}
