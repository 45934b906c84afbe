"""Linear model: linear, logistic or softmax regression, whichever the loss of the task makes of it."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from espalier.core.catalogue import Architecture
from espalier.models.layers.category_embedding import CategoryEmbedding
from espalier.models.layers.options import check_table
from espalier.models.layers.table_input import check_inputs


@dataclass(frozen=True)
class LinearConfig:
    """What a linear model is built from.

    Args:
        num_numbers: N, number columns.
        cardinalities: codes of each of the M category columns.
        num_outputs: K.
    """

    num_numbers: int
    cardinalities: tuple[int, ...]
    num_outputs: int

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_table(self.num_numbers, self.cardinalities, self.num_outputs)


class Linear(nn.Module):
    """A weight for each number and each level of a category, summed up.

    The sum over categories is a look-up of each level's weight: the same as one-hot encoding, at the cost of M columns instead
    of all levels. All weights begin at zero: the problem is convex, and a level that training never shows counts nothing.

    Args:
        config: sizes.

    Shapes: numbers (B, N) and categories (B, M) to (B, K).
    """

    def __init__(self, config: LinearConfig) -> None:
        super().__init__()
        self.config = config
        self.bias = nn.Parameter(torch.zeros(config.num_outputs))
        self.numbers = nn.Linear(config.num_numbers, config.num_outputs, bias=False) if config.num_numbers else None
        self.levels = CategoryEmbedding(config.cardinalities, config.num_outputs) if config.cardinalities else None
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, numbers: Tensor, categories: Tensor | None = None) -> Tensor:
        """Return the outputs, before any softmax or sigmoid."""
        check_inputs(numbers, categories, self.config.num_numbers, len(self.config.cardinalities))
        outputs = self.bias.expand(numbers.shape[0], -1)
        if self.numbers is not None:
            outputs = outputs + self.numbers(numbers)
        if self.levels is not None and categories is not None:
            outputs = outputs + self.levels(categories).sum(dim=1)
        return outputs


MODELS = {
    "linear": Architecture(Linear, LinearConfig, reads="table"),
    "linear-tiny": Architecture(Linear, LinearConfig, reads="table"),
}
