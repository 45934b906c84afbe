import pytest
import torch

from espalier.core.errors import UnknownNameError
from espalier.models.resnet import Resnet, ResnetConfig
from models.published import built, digest_of, lines_of, parameters_of, published_digests, published_lines

DIGESTS = published_digests("resnet")
TINY = {"num_blocks": (1, 1, 1, 1), "width": 8}


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
        ("resnet101", 44_549_160),
        ("resnet152", 60_192_808),
    ],
)
def test_parameters_are_as_many_as_published(name, published):
    assert parameters_of(built(name)) == published


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_keys_and_shapes_are_those_of_published_weights(name):
    assert lines_of(built(name)) == published_lines(name)


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_keys_and_shapes_of_every_depth_are_the_published_ones(name):
    assert digest_of(built(name)) == DIGESTS[name]


def test_the_small_stem_is_the_only_difference_of_small_names():
    usual, small = lines_of(built("resnet34")), lines_of(built("resnet34-small"))
    assert set(small) - set(usual) == {"conv1.weight 64x3x3x3"}
    assert set(usual) - set(small) == {"conv1.weight 64x3x7x7"}


@pytest.mark.parametrize(("stem", "side"), [("imagenet", 2), ("small", 8)])
def test_the_last_maps_have_a_32nd_or_an_eighth_of_the_side(stem, side):
    model = Resnet(ResnetConfig(3, 2, **TINY, stem=stem)).eval()
    maps = []
    model.layer4.register_forward_hook(lambda module, inputs, output: maps.append(output))
    model(torch.randn(1, 3, 64, 64))
    assert maps[0].shape == (1, 64, side, side)


def test_a_single_picture_of_one_pixel_at_the_end_can_be_trained_on():
    Resnet(ResnetConfig(3, 2, **TINY)).train()(torch.randn(1, 3, 32, 32)).sum().backward()


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_with_zero_init_each_block_without_projection_passes_its_input_through(block):
    model = Resnet(ResnetConfig(3, 2, block, (2, 1, 1, 1), 8, zero_init=True))
    x = torch.randn(2, 8 if block == "basic" else 32, 5, 5).relu()
    assert torch.equal(model.layer1[1](x), x)
    assert not torch.equal(Resnet(ResnetConfig(3, 2, block, (2, 1, 1, 1), 8)).layer1[1](x), x)


def test_first_weights_have_the_deviation_of_he_by_fan_out():
    torch.manual_seed(0)
    model = Resnet(ResnetConfig(3, 2, "bottleneck", (1, 1, 1, 1), 32))
    for convolution in (model.conv1, model.layer2[0].conv2, model.layer4[0].conv3):
        fan_out = convolution.out_channels * convolution.kernel_size[0] ** 2
        assert convolution.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.05)


@pytest.mark.parametrize("num_blocks", [(2, 2, 2), (2, 2, 2, 2, 2), ()])
def test_another_number_of_stages_is_refused(num_blocks):
    with pytest.raises(ValueError, match="expected 4 whole numbers, one for each stage"):
        ResnetConfig(3, 2, num_blocks=num_blocks)


def test_an_empty_stage_is_refused():
    with pytest.raises(ValueError, match="a stage of num_blocks is 0, expected a whole number of at least 1"):
        ResnetConfig(3, 2, num_blocks=(2, 0, 2, 2))


def test_an_unknown_block_or_stem_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no block 'botleneck'. Did you mean 'bottleneck'"):
        ResnetConfig(3, 2, block="botleneck")
    with pytest.raises(UnknownNameError, match="no stem 'smal'. Did you mean 'small'"):
        ResnetConfig(3, 2, stem="smal")
