import numpy as np
import torch

from espalier.models.linear import Linear, LinearConfig

CODES = torch.tensor([[0, 2], [3, 1], [1, 0]])


def test_linear_is_a_product_with_numbers_and_one_hot_levels():
    model = Linear(LinearConfig(2, (4, 3), 2))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    numbers = torch.randn(3, 2)
    levels = np.concatenate([np.eye(4)[CODES[:, 0]], np.eye(3)[CODES[:, 1]]], axis=1)
    expected = numbers.numpy() @ model.numbers.weight.detach().numpy().T + levels @ model.levels.table.weight.detach().numpy()
    np.testing.assert_allclose(model(numbers, CODES).detach().numpy(), expected + model.bias.detach().numpy(), rtol=1e-5)


def test_linear_begins_at_zero():
    assert Linear(LinearConfig(2, (4, 3), 2))(torch.randn(3, 2), CODES).abs().sum() == 0


def test_linear_has_a_weight_for_each_number_and_level_and_a_bias():
    assert sum(one.numel() for one in Linear(LinearConfig(5, (4, 3), 2)).parameters()) == (5 + 4 + 3 + 1) * 2
