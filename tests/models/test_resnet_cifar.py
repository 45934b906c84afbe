import numpy as np
import pytest
import torch
from torch import nn

from espalier.models.resnet_cifar import PaddedShortcut, ResnetCifar, ResnetCifarConfig
from models.published import built, parameters_of


@pytest.mark.parametrize(
    ("depth", "published"), [(20, "0.27"), (32, "0.46"), (44, "0.66"), (56, "0.85"), (110, "1.73"), (1202, "19.42")]
)
def test_parameters_in_millions_are_as_many_as_published(depth, published):
    model = built(f"resnet{depth}-cifar", num_outputs=10)
    assert f"{parameters_of(model) / 1e6:.2f}" == published  # table 6 of the paper: 1.7 and 19.4 for the two deepest


def test_resnet_20_has_just_the_parameters_that_its_layers_add_up_to():
    convolutions = 3 * 16 * 9 + 6 * 16 * 16 * 9 + (16 * 32 + 5 * 32 * 32) * 9 + (32 * 64 + 5 * 64 * 64) * 9
    norms = 2 * (7 * 16 + 6 * 32 + 6 * 64)
    assert parameters_of(built("resnet20-cifar", num_outputs=10)) == convolutions + norms + 65 * 10


@pytest.mark.parametrize("depth", [8, 20, 56])
def test_layers_with_weights_are_as_many_as_the_depth_says(depth):
    layers = ResnetCifar(ResnetCifarConfig(3, 10, depth, width=4)).modules()
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in layers) == depth


@pytest.mark.parametrize("size", [(8, 8), (7, 5), (1, 2)])
def test_the_shortcut_leaves_pixels_out_and_adds_zeros_line_by_line(size):
    x = torch.randn(2, 3, *size)
    expected = np.zeros((2, 6, -(-size[0] // 2), -(-size[1] // 2)), dtype=np.float32)
    for channel in range(3):
        for i in range(expected.shape[2]):
            for j in range(expected.shape[3]):
                expected[:, channel, i, j] = x[:, channel, 2 * i, 2 * j]
    np.testing.assert_array_equal(PaddedShortcut(3, 6, stride=2)(x).numpy(), expected)


def test_the_shortcut_changes_nothing_where_the_shapes_agree():
    x = torch.randn(2, 3, 4, 4)
    assert PaddedShortcut(3, 3, stride=1)(x) is x


def test_maps_are_32_then_16_then_8_pixels_wide():
    model, shapes = ResnetCifar(ResnetCifarConfig(3, 10, depth=8)).eval(), []
    for stage in (model.layer1, model.layer2, model.layer3):
        stage.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.randn(1, 3, 32, 32))
    assert shapes == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]


def test_first_weights_have_the_deviation_of_he_by_fan_in():
    torch.manual_seed(0)
    convolution = ResnetCifar(ResnetCifarConfig(3, 10)).layer3[0].conv1
    assert convolution.weight.std().item() == pytest.approx((2 / (32 * 9)) ** 0.5, rel=0.05)


@pytest.mark.parametrize(("depth", "near"), [(2, 8), (18, 20), (21, 20), (100, 98)])
def test_a_depth_that_no_network_has_is_answered_with_a_near_one(depth, near):
    with pytest.raises(ValueError, match=rf"depth is {depth}, expected 6 n \+ 2 with n of at least 1, such as {near}$"):
        ResnetCifarConfig(3, 10, depth)
