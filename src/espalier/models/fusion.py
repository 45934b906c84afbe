"""Fusion of a picture and the other columns of its line: one encoder for each, read side by side.

Late fusion of learnt features (Baltrusaitis, Ahuja & Morency 2017, arXiv 1705.09406, section 6.1): each encoder gives as many
features, which are normalised (Ba, Kiros & Hinton 2016, arXiv 1607.06450), so that neither outweighs the other, and joined.
The hidden layer behind them is what lets the answer hang on both together.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from espalier.core.catalogue import Architecture, architectures
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.number_embedding import NUMBER_EMBEDDINGS
from espalier.models.layers.options import check_choice, check_count, check_fraction, check_image, check_table
from espalier.models.mlp import Mlp, MlpConfig

DEFAULT_PICTURES = "fast-cnn"


@dataclass(frozen=True)
class FusionConfig:
    """What a fusion of a picture and a line of a table is built from.

    Args:
        in_channels: C, 1 for grey pictures and 3 for colour.
        image_size: height and width of the pictures, in pixels.
        num_numbers: N, number columns.
        cardinalities: codes of each of the M category columns.
        num_outputs: K.
        bins: edges of each number column, for the number embedding "piecewise-linear".
        pictures: network of the catalogue that reads the picture; its answers are the features.
        width: features of each encoder, and units of every hidden layer.
        depth: hidden layers of the encoder of the table.
        number_embedding: none, linear, piecewise-linear or periodic.
        embed_dim: length of the embedding of a number, and of a category with many levels.
        max_one_hot: category columns with at most this many codes are one-hot encoded.
        dropout: share of hidden units set to zero in training, 0 to below 1.
    """

    in_channels: int
    image_size: tuple[int, int]
    num_numbers: int
    cardinalities: tuple[int, ...]
    num_outputs: int
    bins: tuple[tuple[float, ...], ...] = ()
    pictures: str = DEFAULT_PICTURES
    width: int = 128
    depth: int = 2
    number_embedding: str = "none"
    embed_dim: int = 16
    max_one_hot: int = 64
    dropout: float = 0.1

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_image(self.in_channels, self.num_outputs)
        check_table(self.num_numbers, self.cardinalities, self.num_outputs)
        check_choice("pictures", self.pictures, [name for name, one in architectures().items() if one.reads == "image"])
        check_choice("number_embedding", self.number_embedding, NUMBER_EMBEDDINGS)
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_count("embed_dim", self.embed_dim)
        check_count("max_one_hot", self.max_one_hot, least=0)
        check_fraction("dropout", self.dropout)
        least = architectures()[self.pictures].least_pixels
        if min(self.image_size) < least:
            raise ValueError(f"pictures is {self.pictures!r}, which takes pictures from {least} pixels a side on")


class Fusion(nn.Module):
    """Fusion of a picture and the other columns of its line, by an encoder for each and a hidden layer over both.

    The default for a table with a column of pictures and other inputs.

    Args:
        config: sizes and choices.

    Shapes: image (B, C, H, W), numbers (B, N) and categories (B, M) to (B, K).
    """

    def __init__(self, config: FusionConfig) -> None:
        super().__init__()
        self.config = config
        pictures = {"in_channels": config.in_channels, "image_size": config.image_size, "num_outputs": config.width}
        self.pictures = architectures()[config.pictures].build(pictures, {})
        self.table = Mlp(
            MlpConfig(
                config.num_numbers,
                config.cardinalities,
                config.width,
                config.bins,
                width=config.width,
                depth=config.depth,
                dropout=config.dropout,
                number_embedding=config.number_embedding,
                embed_dim=config.embed_dim,
                max_one_hot=config.max_one_hot,
            )
        )
        self.picture_norm, self.table_norm = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self.hidden = nn.Sequential(nn.Linear(2 * config.width, config.width), nn.ReLU(), Dropout(config.dropout))
        self.head = nn.Linear(config.width, config.num_outputs)

    def forward(self, image: Tensor, numbers: Tensor, categories: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        features = (self.picture_norm(self.pictures(image)), self.table_norm(self.table(numbers, categories)))
        return self.head(self.hidden(torch.cat(features, dim=1)))


TINY = {"pictures": "fast-cnn-tiny", "width": 16}
MODELS = {
    "fusion": Architecture(Fusion, FusionConfig, reads="fusion", least_pixels=8),
    "fusion-tiny": Architecture(Fusion, FusionConfig, reads="fusion", sizes=TINY, least_pixels=8),
}
