"""Embeddings of number columns, by name."""

from torch import nn

from espalier.models.layers.linear_embedding import LinearEmbedding
from espalier.models.layers.options import check_choice
from espalier.models.layers.periodic import FREQUENCY_SCALE, PeriodicEmbedding
from espalier.models.layers.piecewise_linear import PiecewiseLinearEmbedding, usable_edges

NUMBER_EMBEDDINGS = ("none", "linear", "piecewise-linear", "periodic")


def build_number_embedding(
    name: str, num_numbers: int, bins: tuple[tuple[float, ...], ...], embed_dim: int, frequency_scale: float = FREQUENCY_SCALE
) -> nn.Module | None:
    """Return an embedding of (B, N) to (B, N, E), or None where numbers are read as they are.

    Args:
        name: one of NUMBER_EMBEDDINGS. "piecewise-linear" is None where no column has bins.
        num_numbers: N; without number columns there is nothing to embed.
        bins: edges of each number column, or empty.
        embed_dim: E.
        frequency_scale: spread of the first frequencies of "periodic", above 0.

    Raises:
        UnknownNameError: there is no such embedding.
        ValueError: bins for another number of columns, or an edge that is not finite.
    """
    check_choice("number_embedding", name, NUMBER_EMBEDDINGS)
    if bins and len(bins) != num_numbers:
        raise ValueError(f"bins has {len(bins)} columns, expected {num_numbers}, one for each number column")
    if num_numbers == 0 or name == "none":
        return None
    if name == "linear":
        return LinearEmbedding(num_numbers, embed_dim)
    if name == "periodic":
        return PeriodicEmbedding(num_numbers, embed_dim, deviation=frequency_scale)
    has_bins = any(len(usable_edges(edges)) > 1 for edges in bins)
    return PiecewiseLinearEmbedding(bins, embed_dim) if has_bins else None
