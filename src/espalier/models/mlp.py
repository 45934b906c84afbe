"""Multilayer perceptron (Gorishniy et al. 2021, arXiv 2106.11959, section 3.1; sizes from the authors' package).

Differs: any activation, a normalization before it, and other first weights can be chosen; category columns with many levels
get learnt embeddings instead of one-hot columns.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.activations import ACTIVATIONS, build_activation, pieces_of
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.initialize import INITIALIZERS, initialize
from espalier.models.layers.norms import NORMS, build_norm, cancels_bias
from espalier.models.layers.number_embedding import NUMBER_EMBEDDINGS
from espalier.models.layers.options import check_choice, check_count, check_fraction, check_positive, check_table
from espalier.models.layers.table_input import TableInput


@dataclass(frozen=True)
class MlpConfig:
    """What a multilayer perceptron is built from.

    Args:
        num_numbers: N, number columns.
        cardinalities: codes of each of the M category columns.
        num_outputs: K.
        bins: edges of each number column, for the number embedding "piecewise-linear".
        width: units of every hidden layer.
        depth: number of hidden layers.
        activation: step, sigmoid, tanh, relu, leaky_relu, elu, gelu, silu or maxout.
        norm: none, batch, layer, instance or group; stands before the activation.
        dropout: share of hidden units set to zero in training, 0 to below 1.
        init: first weights: default (torch's own), xavier, he or orthogonal.
        number_embedding: none, linear, piecewise-linear or periodic.
        embed_dim: length of the embedding of a number, and of a category with many levels.
        max_one_hot: category columns with at most this many codes are one-hot encoded.
        frequency_scale: spread of the first frequencies of the number embedding "periodic", above 0.
    """

    num_numbers: int
    cardinalities: tuple[int, ...]
    num_outputs: int
    bins: tuple[tuple[float, ...], ...] = ()
    width: int = 384
    depth: int = 2
    activation: str = "relu"
    norm: str = "none"
    dropout: float = 0.1
    init: str = "default"
    number_embedding: str = "none"
    embed_dim: int = 16
    max_one_hot: int = 64
    frequency_scale: float = 0.01

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_table(self.num_numbers, self.cardinalities, self.num_outputs)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("norm", self.norm, NORMS)
        check_choice("init", self.init, INITIALIZERS)
        check_choice("number_embedding", self.number_embedding, NUMBER_EMBEDDINGS)
        check_count("width", self.width)
        check_count("depth", self.depth)
        check_count("embed_dim", self.embed_dim)
        check_count("max_one_hot", self.max_one_hot, least=0)
        check_positive("frequency_scale", self.frequency_scale)
        check_fraction("dropout", self.dropout)


class Mlp(nn.Module):
    """Multilayer perceptron: layers of units, each a weighted sum of the layer before, bent by an activation.

    Args:
        config: sizes and choices.

    Shapes: numbers (B, N) and categories (B, M) to (B, K).
    """

    def __init__(self, config: MlpConfig) -> None:
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
        widths = [self.input.out_features, *[config.width] * config.depth]
        self.blocks = nn.Sequential(*(_block(config, before) for before in widths[:-1]))
        self.head = nn.Linear(config.width, config.num_outputs)
        initialize(self, config.init)

    def forward(self, numbers: Tensor, categories: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        return self.head(self.blocks(self.input(numbers, categories)))


def _block(config: MlpConfig, in_features: int) -> nn.Module:
    """Return one hidden layer."""
    width = config.width * pieces_of(config.activation)
    return nn.Sequential(
        nn.Linear(in_features, width, bias=not cancels_bias(config.norm)),
        build_norm(config.norm, width),
        build_activation(config.activation),
        Dropout(config.dropout),
    )


MODELS = {
    "mlp": Architecture(Mlp, MlpConfig, reads="table"),
    "mlp-tiny": Architecture(Mlp, MlpConfig, reads="table", sizes={"width": 32}),
}
