"""ResNet for tables (Gorishniy et al. 2021, arXiv 2106.11959, section 3.2; sizes from the authors' package).

Differs: the linear layers whose output only ever meets a batch normalization have no bias, because it would cancel it; category
columns with many levels get learnt embeddings instead of one-hot columns.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.norms import BatchNorm
from espalier.models.layers.number_embedding import NUMBER_EMBEDDINGS
from espalier.models.layers.options import check_choice, check_count, check_fraction, check_positive, check_table
from espalier.models.layers.table_input import TableInput


@dataclass(frozen=True)
class ResnetTabularConfig:
    """What a ResNet for tables is built from.

    Args:
        num_numbers: N, number columns.
        cardinalities: codes of each of the M category columns.
        num_outputs: K.
        bins: edges of each number column, for the number embedding "piecewise-linear".
        width: units that run through all blocks.
        depth: number of blocks.
        hidden_factor: units inside a block, as a multiple of width; above 0.
        dropout: share of a block's inner units set to zero in training, 0 to below 1.
        residual_dropout: share of a block's output set to zero in training, 0 to below 1.
        number_embedding: none, linear, piecewise-linear or periodic.
        embed_dim: length of the embedding of a number, and of a category with many levels.
        max_one_hot: category columns with at most this many codes are one-hot encoded.
        frequency_scale: spread of the first frequencies of the number embedding "periodic", above 0.
    """

    num_numbers: int
    cardinalities: tuple[int, ...]
    num_outputs: int
    bins: tuple[tuple[float, ...], ...] = ()
    width: int = 192
    depth: int = 2
    hidden_factor: float = 2.0
    dropout: float = 0.15
    residual_dropout: float = 0.0
    number_embedding: str = "none"
    embed_dim: int = 16
    max_one_hot: int = 64
    frequency_scale: float = 0.01

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_table(self.num_numbers, self.cardinalities, self.num_outputs)
        check_choice("number_embedding", self.number_embedding, NUMBER_EMBEDDINGS)
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_count("embed_dim", self.embed_dim)
        check_count("max_one_hot", self.max_one_hot, least=0)
        check_positive("frequency_scale", self.frequency_scale)
        check_positive("hidden_factor", self.hidden_factor)
        check_fraction("dropout", self.dropout)
        check_fraction("residual_dropout", self.residual_dropout)


class ResnetTabular(nn.Module):
    """ResNet for tables: each block adds a correction to what runs through, so that deep ones train as easily as shallow ones.

    Args:
        config: sizes and choices.

    Shapes: numbers (B, N) and categories (B, M) to (B, K).
    """

    def __init__(self, config: ResnetTabularConfig) -> None:
        super().__init__()
        self.config = config
        self.input = TableInput(
            config.num_numbers,
            config.cardinalities,
            config.bins,
            config.number_embedding,
            config.embed_dim,
            config.max_one_hot,
            config.frequency_scale,
        )
        self.stem = nn.Linear(self.input.out_features, config.width, bias=False)
        self.blocks = nn.ModuleList(ResnetBlock(config) for _ in range(config.depth))
        self.head = nn.Sequential(BatchNorm(config.width), nn.ReLU(), nn.Linear(config.width, config.num_outputs))

    def forward(self, numbers: Tensor, categories: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        x = self.stem(self.input(numbers, categories))
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


class ResnetBlock(nn.Sequential):
    """The correction of one block: norm, linear, ReLU, dropout, linear, dropout.

    Args:
        config: sizes and choices of the whole model.

    Shapes: (B, W) to (B, W).
    """

    def __init__(self, config: ResnetTabularConfig) -> None:
        hidden_size = max(1, int(config.width * config.hidden_factor))
        super().__init__(
            BatchNorm(config.width),
            nn.Linear(config.width, hidden_size),
            nn.ReLU(),
            Dropout(config.dropout),
            nn.Linear(hidden_size, config.width, bias=False),
            Dropout(config.residual_dropout),
        )


MODELS = {
    "resnet-tabular": Architecture(ResnetTabular, ResnetTabularConfig, reads="table"),
    "resnet-tabular-tiny": Architecture(ResnetTabular, ResnetTabularConfig, reads="table", sizes={"width": 32}),
}
