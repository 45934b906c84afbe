import numpy as np
import pytest
import torch

from espalier.core.errors import UnknownNameError
from espalier.models.layers.batch_ensemble import BatchEnsembleLinear, MemberScale, start_scale


def filled(num_members=3, in_features=6, out_features=4):
    layer = BatchEnsembleLinear(num_members, in_features, out_features)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    return layer


def line_by_line(layer, x):
    """Equation 5 of arXiv 2002.06715, member by member and row by row; x is (E, B, I)."""
    weight, scale_in, scale_out, bias = (
        one.detach().numpy().astype(np.float64) for one in (layer.weight, layer.scale_in, layer.scale_out, layer.bias)
    )
    return np.stack(
        [[(weight @ (row * scale_in[k])) * scale_out[k] + bias[k] for row in member] for k, member in enumerate(x.numpy())]
    )


@pytest.mark.parametrize("num_rows", [1, 5, 7, 8, 40])  # few rows scale the rows, many rows scale the weights
def test_batch_ensemble_is_equation_5_for_few_rows_and_for_many(num_rows):
    layer, x = filled(), torch.randn(3, num_rows, 6)
    np.testing.assert_allclose(layer(x).detach().numpy(), line_by_line(layer, x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("num_rows", [1, 40])
def test_one_input_serves_all_members(num_rows):
    layer, x = filled(), torch.randn(num_rows, 6)
    expected = line_by_line(layer, x.expand(3, -1, -1))
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-4, atol=1e-4)


def test_both_ways_give_the_same_gradients():
    layer, x = filled(), torch.randn(3, 40, 6)
    together = torch.autograd.grad(layer(x).square().sum(), list(layer.parameters()))
    row_by_row = sum(layer(x[:, i : i + 1]).square().sum() for i in range(40))
    for one, other in zip(together, torch.autograd.grad(row_by_row, list(layer.parameters())), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-3)


def test_members_begin_with_one_bias_and_differ_only_in_the_first_scale():
    layer = BatchEnsembleLinear(5, 6, 4, start="signs")
    assert torch.equal(layer.bias, layer.bias[:1].expand(5, -1))
    assert (layer.scale_out == 1).all()
    assert set(layer.scale_in.unique().tolist()) == {-1.0, 1.0}
    assert layer.weight.abs().max() <= 6**-0.5


@pytest.mark.parametrize("start", ["signs", "normal"])
def test_the_values_of_one_column_are_drawn_together(start):
    scale = start_scale((50, 7), start, (1, 4, 2))
    assert torch.equal(scale[:, 1:5], scale[:, 1:2].expand(-1, 4))
    assert torch.equal(scale[:, 5:], scale[:, 5:6].expand(-1, 2))
    assert not torch.equal(scale[:, 0], scale[:, 1])
    assert len({tuple(row) for row in scale.tolist()}) > 1


def test_normal_scales_are_standard_normal():
    scale = start_scale((200, 200), "normal")
    assert scale.mean().abs() < 0.02
    assert scale.std().item() == pytest.approx(1, abs=0.02)


def test_member_scale_multiplies_each_row_by_each_member():
    layer, x = MemberScale(3, 5, "normal"), torch.randn(4, 5)
    np.testing.assert_allclose(layer(x).detach().numpy(), np.einsum("bd,ed->ebd", x, layer.scale.detach()), rtol=1e-6)


def test_unknown_first_scale_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="There is no first scale 'sign'. Did you mean 'signs'"):
        start_scale((2, 2), "sign")
