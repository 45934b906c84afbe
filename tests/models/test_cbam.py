import pytest

from espalier.models.cbam import CbamConfig
from models.published import built, lines_of, parameters_of, published_lines


@pytest.mark.parametrize(("name", "published"), [("cbam-resnet18", "11.78"), ("cbam-resnet50", "28.09")])
def test_parameters_in_millions_are_as_many_as_published(name, published):
    assert f"{parameters_of(built(name)) / 1e6:.2f}" == published  # table 4 of the paper


def test_parameters_are_those_of_a_resnet_and_of_its_attentions():
    attentions = sum(
        2 * (channels * (channels // 8) + channels // 16 + channels + 2 * 7 * 7 + 2) for channels in (64, 128, 256, 512)
    )
    assert parameters_of(built("cbam-resnet18")) == 11_689_512 + attentions


@pytest.mark.parametrize("depth", [18, 50])
def test_without_its_attention_it_has_the_keys_of_a_resnet(depth):
    kept = [line for line in lines_of(built(f"cbam-resnet{depth}")) if ".se." not in line]
    assert kept == published_lines(f"resnet{depth}")


def test_an_even_kernel_size_is_refused():
    with pytest.raises(ValueError, match="kernel_size is 4, expected an odd number, such as 5"):
        CbamConfig(3, 2, kernel_size=4)
