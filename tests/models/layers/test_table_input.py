import pytest
import torch

from espalier.models.layers.table_input import TableInput

CODES = torch.tensor([[1, 70, 0], [3, 0, 2]])
NUMBERS = torch.tensor([[0.5, -1.0], [2.0, 3.0]])


def table_input(number_embedding="none", max_one_hot=64, cardinalities=(4, 80, 3)):
    return TableInput(2, cardinalities, ((0.0, 1.0, 2.0), (0.0, 3.0)), number_embedding, 5, max_one_hot)


def test_numbers_come_first_then_few_levels_one_hot_then_many_levels_embedded():
    layer = table_input()
    x = layer(NUMBERS, CODES)
    assert layer.sections == (1, 1, 3, 2, 5)
    assert x.shape == (2, layer.out_features) == (2, 12)
    assert torch.equal(x[:, :2], NUMBERS)
    assert x[:, 2:7].tolist() == [[1, 0, 0, 0, 0], [0, 0, 1, 0, 1]]
    assert torch.equal(x[:, 7:], layer.embedding(CODES[:, 1:2]).flatten(1))


@pytest.mark.parametrize(("max_one_hot", "sections"), [(0, (1, 1, 5, 5, 5)), (100, (1, 1, 3, 79, 2))])
def test_the_limit_decides_which_categories_are_embedded(max_one_hot, sections):
    layer = table_input(max_one_hot=max_one_hot)
    assert layer.sections == sections
    assert layer(NUMBERS, CODES).shape == (2, sum(sections))


def test_embedded_numbers_stand_column_by_column():
    layer = table_input("piecewise-linear", cardinalities=())
    assert layer.sections == (5, 5)
    assert torch.equal(layer(NUMBERS)[:, 5:], layer.numbers(NUMBERS)[:, 1])


@pytest.mark.parametrize("categories", [None, CODES[:, :2], CODES[:, :0]])
def test_other_category_columns_are_refused(categories):
    with pytest.raises(ValueError, match=r"expected \(B, 2\) and \(B, 3\)"):
        table_input()(NUMBERS, categories)


def test_an_empty_category_tensor_is_the_same_as_none():
    layer = table_input(cardinalities=())
    assert torch.equal(layer(NUMBERS, CODES[:, :0]), layer(NUMBERS))
