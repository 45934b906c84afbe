import pytest
import torch

from espalier.core.errors import UnknownNameError
from espalier.models.layers.series_pooling import POOLINGS, SeriesPooling

STEPS = torch.tensor([[[1.0, 10.0], [3.0, 30.0], [2.0, 20.0]]])
FIRST_TWO = torch.tensor([[True, True, False]])


@pytest.mark.parametrize(
    ("kind", "whole", "two"),
    [("last", [2.0, 20.0], [3.0, 30.0]), ("mean", [2.0, 20.0], [2.0, 20.0]), ("max", [3.0, 30.0], [3.0, 30.0])],
)
def test_steps_become_one(kind, whole, two):
    pooling = SeriesPooling(kind, 2)
    assert pooling(STEPS).tolist() == [whole]
    assert pooling(STEPS, FIRST_TWO).tolist() == [two]


def test_the_last_of_units_that_run_backwards_is_the_first_step():
    assert SeriesPooling("last", 2, bidirectional=True)(STEPS, FIRST_TWO).tolist() == [[3.0, 10.0]]


def test_attention_is_a_mean_whose_weights_come_from_the_steps():
    pooling = SeriesPooling("attention", 2)
    with torch.no_grad():
        pooling.key.weight.copy_(torch.eye(2))
        pooling.key.bias.zero_()
        pooling.query.weight.copy_(torch.tensor([[2.0, 0.0]]))
    weights = (2 * STEPS[0, :2, 0].tanh()).softmax(dim=0)
    torch.testing.assert_close(pooling(STEPS, FIRST_TWO)[0], weights @ STEPS[0, :2])


def test_an_unknown_pooling_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no pooling 'means'. Did you mean 'mean'"):
        SeriesPooling("means", 2)
    assert len(POOLINGS) == 4
