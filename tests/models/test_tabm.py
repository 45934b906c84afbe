import numpy as np
import pytest
import torch
from torch import nn

from espalier.core.errors import UnknownNameError
from espalier.models.tabm import Tabm, TabmConfig

EDGES = tuple(float(edge) for edge in np.linspace(-2, 2, 100))  # 99 bins


def count(model):
    return sum(one.numel() for one in model.parameters())


@pytest.mark.parametrize(
    ("options", "published"),  # the authors' tuned models for California housing, 8 numbers (results of arXiv 2410.24210)
    [
        ({"width": 400, "depth": 3}, 438_688),
        ({"width": 736, "depth": 4, "form": "mini", "bins": (EDGES,) * 8, "embed_dim": 24}, 1_818_464),
    ],
)
def test_parameters_are_those_published_for_california_housing(options, published):
    assert count(Tabm(TabmConfig(8, (), 1, **options))) == published


def test_packed_parameters_are_those_published_for_california_housing():
    with torch.device("meta"):  # counted, not stored
        model = Tabm(TabmConfig(8, (), 1, width=992, depth=4, form="packed"))
    assert count(model) == 94_882_848


def test_defaults_are_the_authors():
    config = TabmConfig(8, (), 1)
    assert (config.num_members, config.width, config.dropout, config.embed_dim) == (32, 512, 0.1, 16)
    plain, embedded = Tabm(config), Tabm(TabmConfig(8, (), 1, bins=(EDGES,) * 8))
    assert sum(isinstance(layer, nn.ReLU) for layer in plain.layers) == 3
    assert sum(isinstance(layer, nn.ReLU) for layer in embedded.layers) == 2


def perceptron(model, member, x):
    """One member of a full TabM as a plain perceptron, line by line."""
    for layer in model.layers:
        if isinstance(layer, nn.ReLU):
            x = np.maximum(x, 0)
        elif hasattr(layer, "weight"):
            weight, scale_in, scale_out, bias = (
                one.detach().numpy() for one in (layer.weight, layer.scale_in, layer.scale_out, layer.bias)
            )
            x = (x * scale_in[member]) @ weight.T * scale_out[member] + bias[member]
    return x @ model.head.weight[member].detach().numpy() + model.head.bias[member].detach().numpy()


@pytest.mark.parametrize("num_rows", [2, 60])
def test_each_member_is_a_perceptron(num_rows):
    model = Tabm(TabmConfig(3, (), 2, width=10, num_members=4)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter)
    x = torch.randn(num_rows, 3)
    output = model(x)
    assert output.shape == (num_rows, 4, 2)
    for member in range(4):
        np.testing.assert_allclose(
            output[:, member].detach().numpy(), perceptron(model, member, x.numpy()), rtol=1e-3, atol=1e-3
        )


@pytest.mark.parametrize("form", ["full", "mini", "packed"])
def test_members_do_not_see_each_other(form):
    model = Tabm(TabmConfig(3, (5,), 2, width=10, num_members=4, form=form)).eval()
    inputs = torch.randn(6, 3), torch.randint(0, 5, (6, 1))
    before = model(*inputs)
    with torch.no_grad():
        model.head.weight[2] += 1
    changed = (model(*inputs) != before).any(dim=2).any(dim=0)
    assert changed.tolist() == [False, False, True, False]


@pytest.mark.parametrize("form", ["full", "mini", "packed"])
def test_members_differ_from_the_start(form):
    output = Tabm(TabmConfig(8, (), 1, width=16, form=form)).eval()(torch.randn(5, 8))
    assert output.std(dim=1).min() > 0


def test_first_scales_are_signs_on_plain_numbers_and_normal_on_embeddings():
    plain = Tabm(TabmConfig(2, (9,), 1, width=8)).layers[0].scale_in
    assert set(plain.unique().tolist()) == {-1.0, 1.0}
    assert torch.equal(plain[:, 2:], plain[:, 2:3].expand(-1, 8))  # one draw for all levels of the category
    embedded = Tabm(TabmConfig(2, (9,), 1, bins=(EDGES,) * 2, width=8)).layers[0].scale_in
    assert len(embedded.unique()) == 32 * 3
    assert torch.equal(embedded[:, :16], embedded[:, :1].expand(-1, 16))


def test_only_the_first_layer_begins_with_different_scales():
    layers = [layer for layer in Tabm(TabmConfig(4, (), 1, width=8)).layers if hasattr(layer, "scale_in")]
    assert [bool((layer.scale_in == 1).all()) for layer in layers] == [False, True, True]
    assert all((layer.scale_out == 1).all() for layer in layers)


def test_unknown_form_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="There is no form 'pack'. Did you mean 'packed'"):
        TabmConfig(2, (), 1, form="pack")
