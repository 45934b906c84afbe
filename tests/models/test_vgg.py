import pytest
import torch
from torch import nn

from espalier.core.errors import UnknownNameError
from espalier.models.vgg import Vgg, VggConfig
from models.published import built, digest_of, lines_of, parameters_of, published_digests, published_lines

DIGESTS = published_digests("vgg")


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("vgg11", 132_863_336),
        ("vgg13", 133_047_848),
        ("vgg16", 138_357_544),
        ("vgg19", 143_667_240),
        ("vgg11-bn", 132_868_840),
        ("vgg13-bn", 133_053_736),
        ("vgg16-bn", 138_365_992),
        ("vgg19-bn", 143_678_248),
    ],
)
def test_parameters_are_as_many_as_published(name, published):
    assert parameters_of(built(name)) == published


@pytest.mark.parametrize("name", ["vgg11", "vgg11-bn"])
def test_keys_and_shapes_are_those_of_published_weights(name):
    assert lines_of(built(name)) == published_lines(name)


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_keys_and_shapes_of_every_depth_are_the_published_ones(name):
    assert digest_of(built(name)) == DIGESTS[name]


@pytest.mark.parametrize("depth", [11, 13, 16, 19])
def test_layers_with_weights_are_as_many_as_the_name_says(depth):
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in built(f"vgg{depth}").modules()) == depth


def test_first_weights_are_those_of_the_docstring():
    torch.manual_seed(0)
    model = Vgg(VggConfig(3, 10, (1, 1), width=32, hidden_size=256))
    convolution, linear = model.features[3], model.classifier[0]
    assert convolution.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)
    assert linear.weight.std().item() == pytest.approx(0.01, rel=0.05)
    assert not convolution.bias.any()
    assert not linear.bias.any()


def test_a_bias_before_a_norm_changes_nothing():
    model, x = Vgg(VggConfig(3, 2, (1, 1), width=4, hidden_size=8, norm="batch", dropout=0.0)), torch.randn(4, 3, 8, 8)
    before = model(x)
    nn.init.normal_(model.features[0].bias)
    torch.testing.assert_close(model(x), before, atol=1e-5, rtol=1e-4)


def test_no_stages_or_an_empty_one_are_refused():
    with pytest.raises(ValueError, match="num_convolutions is empty, expected a whole number of at least 1 for each stage"):
        VggConfig(3, 2, ())
    with pytest.raises(ValueError, match="a stage of num_convolutions is 0, expected a whole number of at least 1"):
        VggConfig(3, 2, (1, 0))


def test_an_unknown_norm_is_refused():
    with pytest.raises(UnknownNameError, match="no norm 'bach'. Did you mean 'batch'"):
        VggConfig(3, 2, norm="bach")
