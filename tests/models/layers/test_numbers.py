import math

import numpy as np
import pytest
import torch
from torch import nn

from espalier.core.errors import UnknownNameError
from espalier.models.layers.linear_embedding import LinearEmbedding
from espalier.models.layers.number_embedding import build_number_embedding
from espalier.models.layers.periodic import PeriodicEmbedding
from espalier.models.layers.piecewise_linear import PiecewiseLinearEmbedding, PiecewiseLinearEncoding
from espalier.models.layers.stacked_linear import StackedLinear

BINS = ((-1.0, 0.0, 2.0, 5.0), (0.0, 1.0), (3.0,), (-2.0, -1.0, 4.0))
NUMBERS = torch.tensor(
    [[-3.0, -0.5, 1.0, -1.5], [-1.0, 0.0, 3.0, -1.0], [1.0, 0.25, 0.0, 1.5], [7.0, 1.5, 9.0, 4.0], [4.9, 1.0, 3.0, 40.0]]
)


def encoded(x, edges):
    """Equation 1 of arXiv 2203.05556, value by value, held at 0 and 1 beyond the outer edges."""
    parts = []
    for t in range(1, len(edges)):
        if x < edges[t - 1]:
            parts.append(0.0)
        elif x >= edges[t]:
            parts.append(1.0)
        else:
            parts.append((x - edges[t - 1]) / (edges[t] - edges[t - 1]))
    return parts


def test_piecewise_linear_encoding_is_equation_1_and_does_not_go_on_beyond_the_outer_edges():
    ours = PiecewiseLinearEncoding(BINS)(NUMBERS).numpy()
    assert ours.shape == (5, 4, 3)
    for row in range(5):
        for column, edges in enumerate(BINS):
            expected = encoded(NUMBERS[row, column].item(), edges)
            np.testing.assert_allclose(ours[row, column], expected + [0.0] * (3 - len(expected)), atol=1e-6)


def test_edges_that_float32_cannot_tell_apart_count_once():
    encoding = PiecewiseLinearEncoding(((0.0, 1.0, 1.0 + 1e-12, 2.0),))
    assert encoding.num_bins == 2
    torch.testing.assert_close(encoding(torch.tensor([[1.5]])), torch.tensor([[[1.0, 0.5]]]))


def test_narrow_bins_far_from_zero_stay_exact():
    edges = (1000.0, 1000.001, 1000.002)
    middle = float(np.float32(1000.001))
    expected = encoded(middle, [float(np.float32(edge)) for edge in edges])
    np.testing.assert_allclose(PiecewiseLinearEncoding((edges,))(torch.tensor([[middle]]))[0, 0], expected, atol=1e-3)


def held(x, edges):
    """The number itself between the outer edges, the nearer edge beyond them."""
    return x if len(edges) < 2 else min(max(x, edges[0]), edges[-1])


def test_piecewise_linear_embedding_begins_as_a_linear_one_held_at_the_outer_edges():
    embedding = PiecewiseLinearEmbedding(BINS, 6)
    near = torch.tensor([[held(x, edges) for x, edges in zip(row, BINS, strict=True)] for row in NUMBERS.tolist()])
    torch.testing.assert_close(embedding(NUMBERS), embedding.linear(near))


def test_a_number_far_beyond_training_is_embedded_as_the_outermost_one():
    embedding = PiecewiseLinearEmbedding(BINS, 6)
    nn.init.normal_(embedding.bends.weight)
    torch.testing.assert_close(
        embedding(torch.tensor([[1e6, -50.0, 1.0, 9.0]])), embedding(torch.tensor([[5.0, 0.0, 1.0, 4.0]]))
    )


def test_piecewise_linear_embedding_is_a_line_by_line_sum():
    embedding = PiecewiseLinearEmbedding(BINS, 6)
    nn.init.normal_(embedding.bends.weight)
    ours = embedding(NUMBERS).detach().numpy()
    weight, bias, bends = (
        one.detach().numpy() for one in (embedding.linear.weight, embedding.linear.bias, embedding.bends.weight)
    )
    for row in range(5):
        for column, edges in enumerate(BINS):
            x = NUMBERS[row, column].item()
            parts = encoded(x, edges)
            expected = held(x, edges) * weight[column] + bias[column] + np.array(parts) @ bends[column, : len(parts)]
            np.testing.assert_allclose(ours[row, column], expected, rtol=1e-4, atol=1e-5)


def test_linear_embedding_is_weight_times_number_plus_bias():
    embedding = LinearEmbedding(4, 6)
    expected = NUMBERS.numpy()[:, :, None] * embedding.weight.detach().numpy() + embedding.bias.detach().numpy()
    np.testing.assert_allclose(embedding(NUMBERS).detach().numpy(), expected, rtol=1e-6)
    assert embedding.weight.abs().max() <= 6**-0.5


def test_periodic_embedding_is_equation_2_line_by_line():
    embedding = PeriodicEmbedding(4, 5, num_frequencies=3, deviation=0.5)
    ours = embedding(NUMBERS).detach().numpy()
    frequencies, weight, bias = (
        one.detach().numpy() for one in (embedding.frequencies, embedding.linear.weight, embedding.linear.bias)
    )
    for row in range(5):
        for column in range(4):
            angles = [2 * math.pi * c * NUMBERS[row, column].item() for c in frequencies[column]]
            waves = np.array([math.cos(angle) for angle in angles] + [math.sin(angle) for angle in angles])
            np.testing.assert_allclose(
                ours[row, column], np.maximum(waves @ weight[column] + bias[column], 0), rtol=1e-3, atol=1e-4
            )


def test_first_frequencies_have_the_deviation_asked_for_and_no_outliers():
    frequencies = PeriodicEmbedding(100, 2, num_frequencies=100, deviation=0.2).frequencies
    assert frequencies.abs().max() <= 0.6
    assert frequencies.std().item() == pytest.approx(0.2, rel=0.05)


def test_stacked_linear_agrees_with_torch_linears_side_by_side():
    stacked = StackedLinear(3, 4, 5)
    x = torch.randn(3, 7, 4)
    for i in range(3):
        linear = nn.Linear(4, 5)
        linear.weight.data, linear.bias.data = stacked.weight.data[i].T, stacked.bias.data[i]
        torch.testing.assert_close(stacked(x)[i], linear(x[i]))
        torch.testing.assert_close(stacked(x[0])[i], linear(x[0]))


def test_stacked_linear_begins_like_torch_linear():
    assert StackedLinear(2, 100, 50).weight.abs().max().item() == pytest.approx(0.1, rel=0.01)


@pytest.mark.parametrize(
    ("name", "bins", "kind"),
    [
        ("none", BINS, type(None)),
        ("linear", BINS, LinearEmbedding),
        ("periodic", (), PeriodicEmbedding),
        ("piecewise-linear", BINS, PiecewiseLinearEmbedding),
        ("piecewise-linear", (), type(None)),
        ("piecewise-linear", ((1.0,), (), (2.0, 2.0), ()), type(None)),
    ],
)
def test_embedding_is_chosen_by_name_and_by_what_the_bins_allow(name, bins, kind):
    assert type(build_number_embedding(name, 4, bins, 8)) is kind


def test_without_number_columns_nothing_is_embedded():
    assert build_number_embedding("periodic", 0, (), 8) is None


def test_bins_for_another_number_of_columns_are_refused():
    with pytest.raises(ValueError, match="bins has 4 columns, expected 3, one for each number column"):
        build_number_embedding("piecewise-linear", 3, BINS, 8)


def test_edges_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="expected finite numbers"):
        build_number_embedding("piecewise-linear", 1, ((0.0, float("nan")),), 8)


def test_unknown_embedding_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="There is no number_embedding 'piecewise'. Did you mean 'piecewise-linear'"):
        build_number_embedding("piecewise", 4, BINS, 8)
