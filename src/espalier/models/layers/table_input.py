"""A row of a table as one vector: numbers, embedded or plain, beside encoded categories."""

import torch
from torch import Tensor, nn

from espalier.models.layers.category_embedding import CategoryEmbedding
from espalier.models.layers.number_embedding import build_number_embedding
from espalier.models.layers.one_hot import OneHot
from espalier.models.layers.periodic import FREQUENCY_SCALE


def check_inputs(numbers: Tensor, categories: Tensor | None, num_numbers: int, num_categories: int) -> None:
    """Refuse inputs with other columns than the model was built for.

    Args:
        numbers: (B, N).
        categories: (B, M), or None when there are no category columns.
        num_numbers: N of the model.
        num_categories: M of the model.

    Raises:
        ValueError: with both shapes.
    """
    given = 0 if categories is None else categories.shape[-1]
    if numbers.ndim != 2 or numbers.shape[1] != num_numbers or given != num_categories:
        shape = None if categories is None else tuple(categories.shape)
        raise ValueError(
            f"the model got numbers {tuple(numbers.shape)} and categories {shape}, "
            f"expected (B, {num_numbers}) and (B, {num_categories})"
        )


class TableInput(nn.Module):
    """Numbers and categories side by side, for models that read one vector for each row.

    Category columns with few levels are one-hot encoded; the others get learnt embeddings.

    Args:
        num_numbers: N, number columns.
        cardinalities: codes of each of the M category columns.
        bins: edges of each number column, for "piecewise-linear"; or empty.
        number_embedding: one of `number_embedding.NUMBER_EMBEDDINGS`.
        embed_dim: length of the embedding of a number, and of a category with many levels.
        max_one_hot: category columns with at most this many codes are one-hot encoded.
        frequency_scale: spread of the first frequencies of "periodic", above 0.

    Shapes: (B, N) float and (B, M) int64 to (B, F).
    """

    few: Tensor
    many: Tensor

    def __init__(
        self,
        num_numbers: int,
        cardinalities: tuple[int, ...],
        bins: tuple[tuple[float, ...], ...],
        number_embedding: str,
        embed_dim: int,
        max_one_hot: int,
        frequency_scale: float = FREQUENCY_SCALE,
    ) -> None:
        super().__init__()
        self.num_numbers = num_numbers
        self.num_categories = len(cardinalities)
        few = tuple(i for i, cardinality in enumerate(cardinalities) if cardinality <= max_one_hot)
        many = tuple(i for i in range(len(cardinalities)) if i not in few)
        self.numbers = build_number_embedding(number_embedding, num_numbers, bins, embed_dim, frequency_scale)
        self.one_hot = OneHot(tuple(cardinalities[i] for i in few)) if few else None
        self.embedding = CategoryEmbedding(tuple(cardinalities[i] for i in many), embed_dim) if many else None
        self.register_buffer("few", torch.tensor(few, dtype=torch.int64), persistent=False)
        self.register_buffer("many", torch.tensor(many, dtype=torch.int64), persistent=False)
        self.sections = (
            *([1 if self.numbers is None else embed_dim] * num_numbers),
            *(cardinalities[i] - 1 for i in few),
            *([embed_dim] * len(many)),
        )

    @property
    def out_features(self) -> int:
        """F, the length of the vector."""
        return sum(self.sections)

    def forward(self, numbers: Tensor, categories: Tensor | None = None) -> Tensor:
        """Return the vector of each row; its parts, one for each column, are `sections` long."""
        check_inputs(numbers, categories, self.num_numbers, self.num_categories)
        parts = [numbers if self.numbers is None else self.numbers(numbers).flatten(1)]
        if categories is not None and self.one_hot is not None:
            parts.append(self.one_hot(categories if self.embedding is None else categories[:, self.few]))
        if categories is not None and self.embedding is not None:
            parts.append(self.embedding(categories if self.one_hot is None else categories[:, self.many]).flatten(1))
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
