import numpy as np
import torch
from torch import nn

from espalier.models.layers.category_embedding import CategoryEmbedding
from espalier.models.layers.one_hot import OneHot

CARDINALITIES = (4, 2, 6)
CODES = torch.tensor([[0, 1, 5], [3, 0, 0], [2, 1, 3], [1, 0, 1]])


def test_one_hot_is_numpy_s_identity_without_the_column_of_code_zero():
    expected = np.concatenate(
        [np.eye(size)[codes, 1:] for size, codes in zip(CARDINALITIES, CODES.T.numpy(), strict=True)], axis=1
    )
    one_hot = OneHot(CARDINALITIES)
    assert one_hot.out_features == sum(CARDINALITIES) - 3
    np.testing.assert_array_equal(one_hot(CODES).numpy(), expected)


def test_unseen_levels_are_all_zeros():
    assert OneHot(CARDINALITIES)(torch.zeros(2, 3, dtype=torch.int64)).abs().sum() == 0


def test_embedding_agrees_with_one_torch_embedding_for_each_column():
    ours = CategoryEmbedding(CARDINALITIES, 3, bias=True)
    starts = np.cumsum([0, *CARDINALITIES])
    for column, (start, size) in enumerate(zip(starts, CARDINALITIES, strict=False)):
        theirs = nn.Embedding.from_pretrained(ours.table.weight[start : start + size])
        torch.testing.assert_close(ours(CODES)[:, column], theirs(CODES[:, column]) + ours.bias[column])


def test_codes_that_training_may_never_show_begin_at_zero():
    embedding = CategoryEmbedding(CARDINALITIES, 3)
    assert embedding(torch.zeros(1, 3, dtype=torch.int64)).abs().sum() == 0
    assert embedding(torch.ones(1, 3, dtype=torch.int64)).abs().sum() == 0
    assert (embedding(torch.tensor([[2, 1, 2], [3, 1, 5]]))[:, [0, 2]].abs().amin() > 0).all()


def test_embeddings_begin_within_the_range_of_the_authors():
    weight = CategoryEmbedding((5000,), 16).table.weight
    assert weight.abs().max() <= 0.25
    assert abs(weight[2:].std().item() - 0.25 / 3**0.5) < 0.005
