"""TabM (Gorishniy, Kotelnikov, Babenko 2024, arXiv 2410.24210, section 3; sizes from the authors' package).

Three forms: "tabm" shares the weights and lets each member scale the inputs and outputs of every layer; "tabm-mini" shares
everything but one scale of the inputs; "tabm-packed" shares nothing but the input, and is a plain ensemble in one product.
Differs: category columns with many levels get learnt embeddings instead of one-hot columns; rare and new levels are all zeros.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.batch_ensemble import BatchEnsembleLinear, MemberScale
from espalier.models.layers.dropout import Dropout
from espalier.models.layers.number_embedding import NUMBER_EMBEDDINGS
from espalier.models.layers.options import check_choice, check_count, check_fraction, check_positive, check_table
from espalier.models.layers.stacked_linear import StackedLinear
from espalier.models.layers.table_input import TableInput

FORMS = ("full", "mini", "packed")
DEPTH, DEPTH_ON_EMBEDDINGS = 3, 2


@dataclass(frozen=True)
class TabmConfig:
    """What a TabM is built from.

    Args:
        num_numbers: N, number columns.
        cardinalities: codes of each of the M category columns.
        num_outputs: K.
        bins: edges of each number column, for the number embedding "piecewise-linear".
        width: units of every hidden layer.
        depth: number of hidden layers; none for 3, or 2 on top of number embeddings.
        num_members: E, perceptrons in the ensemble.
        dropout: share of hidden units set to zero in training, 0 to below 1.
        form: what members share: full (weights), mini (all but one scale of the inputs) or packed (nothing).
        number_embedding: none, linear, piecewise-linear (where there are bins) or periodic.
        embed_dim: length of the embedding of a number, and of a category with many levels.
        max_one_hot: category columns with at most this many codes are one-hot encoded.
        frequency_scale: spread of the first frequencies of the number embedding "periodic", above 0.
    """

    num_numbers: int
    cardinalities: tuple[int, ...]
    num_outputs: int
    bins: tuple[tuple[float, ...], ...] = ()
    width: int = 512
    depth: int | None = None
    num_members: int = 32
    dropout: float = 0.1
    form: str = "full"
    number_embedding: str = "piecewise-linear"
    embed_dim: int = 16
    max_one_hot: int = 64
    frequency_scale: float = 0.01

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_table(self.num_numbers, self.cardinalities, self.num_outputs)
        check_choice("form", self.form, FORMS)
        check_choice("number_embedding", self.number_embedding, NUMBER_EMBEDDINGS)
        check_count("width", self.width)
        if self.depth is not None:
            check_count("depth", self.depth)
        check_count("num_members", self.num_members)
        check_count("embed_dim", self.embed_dim)
        check_count("max_one_hot", self.max_one_hot, least=0)
        check_positive("frequency_scale", self.frequency_scale)
        check_fraction("dropout", self.dropout)


class Tabm(nn.Module):
    """TabM: an ensemble of perceptrons that share most of their weights, trained at once; each member gives its own answer.

    Train the mean of the members' losses, not the loss of their mean; average their probabilities or values to predict.

    Args:
        config: sizes and choices.

    Shapes: numbers (B, N) and categories (B, M) to (B, E, K).
    """

    def __init__(self, config: TabmConfig) -> None:
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
        embedded = self.input.numbers is not None
        depth = config.depth or (DEPTH_ON_EMBEDDINGS if embedded else DEPTH)
        self.layers = nn.Sequential(*_layers(config, depth, self.input.sections, "normal" if embedded else "signs"))
        self.head = StackedLinear(config.num_members, config.width, config.num_outputs)

    def forward(self, numbers: Tensor, categories: Tensor | None = None) -> Tensor:
        """Return the outputs of each member, before any softmax or sigmoid."""
        x = self.layers(self.input(numbers, categories))  # (E, B, W): members first, so that each is one matrix
        return self.head(x).transpose(0, 1)


def _layers(config: TabmConfig, depth: int, sections: tuple[int, ...], start: str) -> list[nn.Module]:
    """Return the hidden layers, from (B, F) to (E, B, W).

    Args:
        config: sizes and choices.
        depth: number of hidden layers.
        sections: lengths of the columns' parts in the input; they sum to F.
        start: first values of the first scale: "signs", or "normal" on number embeddings (the authors' package).
    """
    members, layers = config.num_members, list[nn.Module]()
    if config.form == "mini":
        layers.append(MemberScale(members, sum(sections), start, sections))
    for i in range(depth):
        before = config.width if i else sum(sections)
        if config.form == "full":
            scale, parts = ("ones", None) if i else (start, sections)
            layers.append(BatchEnsembleLinear(members, before, config.width, scale, parts))
        elif config.form == "mini":
            layers.append(nn.Linear(before, config.width))
        else:
            layers.append(StackedLinear(members, before, config.width))
        layers += [nn.ReLU(), Dropout(config.dropout)]
    return layers


TINY = {"width": 32, "num_members": 8, "embed_dim": 4}
MODELS = {
    "tabm": Architecture(Tabm, TabmConfig, reads="table"),
    "tabm-tiny": Architecture(Tabm, TabmConfig, reads="table", sizes=TINY),
    "tabm-mini": Architecture(Tabm, TabmConfig, reads="table", sizes={"form": "mini"}),
    "tabm-mini-tiny": Architecture(Tabm, TabmConfig, reads="table", sizes={"form": "mini", **TINY}),
    "tabm-packed": Architecture(Tabm, TabmConfig, reads="table", sizes={"form": "packed"}),
    "tabm-packed-tiny": Architecture(Tabm, TabmConfig, reads="table", sizes={"form": "packed", **TINY}),
}
