import pytest
import torch
from torch import nn

from espalier.core.errors import UnknownNameError
from espalier.models.layers.norms import BatchNorm, build_norm, cancels_bias


def test_batch_norm_agrees_with_torch_in_training_and_evaluation():
    ours, theirs, x = BatchNorm(5), nn.BatchNorm1d(5), torch.randn(7, 5) * 3 + 1
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def test_batch_norm_uses_running_statistics_for_a_batch_of_one():
    norm = BatchNorm(3)
    norm(torch.randn(50, 3) * 2 + 4)
    mean, variance = norm.running_mean.clone(), norm.running_var.clone()
    row = torch.tensor([[1.0, 2.0, 3.0]])
    torch.testing.assert_close(norm(row), (row - mean) / (variance + norm.eps).sqrt())
    assert torch.equal(norm.running_mean, mean)


@pytest.mark.parametrize("name", ["layer", "instance", "group"])
def test_row_norms_give_rows_of_mean_zero_and_deviation_one(name):
    y = build_norm(name, 12)(torch.randn(4, 12) * 5 + 3)
    torch.testing.assert_close(y.mean(dim=1), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.std(dim=1, correction=0), torch.ones(4), atol=1e-3, rtol=0)


def test_instance_norm_has_one_gain_and_one_bias():
    assert [one.shape for one in build_norm("instance", 12).parameters()] == [(1,), (1,)]


@pytest.mark.parametrize(("width", "groups"), [(384, 8), (32, 8), (12, 3), (7, 1), (1, 1)])
def test_groups_are_equal_and_have_at_least_four_units(width, groups):
    assert build_norm("group", width).num_groups == groups


def test_only_batch_norm_cancels_a_bias_before_it():
    x, bias = torch.randn(6, 8), torch.randn(8)
    for name in ("none", "batch", "layer", "instance", "group"):
        norm = build_norm(name, 8)
        assert torch.allclose(norm(x), norm(x + bias), atol=1e-5) == cancels_bias(name), name


def test_unknown_norm_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="There is no norm 'bach'. Did you mean 'batch'"):
        build_norm("bach", 4)
