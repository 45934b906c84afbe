import pytest
import torch

from espalier.models.senet import Senet, SenetConfig
from models.published import built, digest_of, lines_of, parameters_of, published_digests, published_lines

DIGESTS = published_digests("senet")


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("seresnet18", 11_779_624),
        ("seresnet34", 21_960_416),
        ("seresnet50", 28_088_024),
        ("seresnet101", 49_326_872),
        ("seresnet152", 66_821_848),
    ],
)
def test_parameters_are_as_many_as_published(name, published):
    assert parameters_of(built(name)) == published


def test_keys_and_shapes_are_those_of_published_weights():
    assert lines_of(built("seresnet18")) == published_lines("seresnet18")


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_keys_and_shapes_of_every_depth_are_the_published_ones(name):
    assert digest_of(built(name)) == DIGESTS[name]


def test_without_its_attention_it_has_the_keys_of_a_resnet():
    kept = [line for line in lines_of(built("seresnet50")) if ".se." not in line]
    assert kept == published_lines("resnet50")


@pytest.mark.parametrize(("width", "reduction", "units"), [(8, 16, 8), (64, 16, 8), (64, 4, 16), (128, 16, 8), (192, 16, 16)])
def test_units_of_an_attention_are_a_multiple_of_eight(width, reduction, units):
    with torch.device("meta"):
        model = Senet(SenetConfig(3, 2, num_blocks=(1, 1, 1, 1), width=width, reduction=reduction))
    assert model.layer1[0].se.fc1.out_channels == units


def test_a_reduction_of_zero_is_refused():
    with pytest.raises(ValueError, match="reduction is 0, expected a whole number of at least 1"):
        SenetConfig(3, 2, reduction=0)
