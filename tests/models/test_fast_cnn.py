import pytest
import torch
from torch import nn

from espalier.core.catalogue import architectures
from espalier.models.summary import summary

GIVEN = {"in_channels": 3, "num_outputs": 10}


def built(name="fast-cnn-tiny", **options):
    torch.manual_seed(0)
    return architectures()[name].build(GIVEN, options)


def test_the_default_holds_about_a_million_weights_and_costs_172_million_operations():
    with torch.device("meta"):
        layers = summary(built("fast-cnn"), torch.zeros(1, 3, 32, 32))
    assert sum(layer.num_parameters for layer in layers) == 1_166_506
    assert round(sum(layer.num_flops for layer in layers) / 1e6) == 172


@pytest.mark.parametrize("depth", [1, 3])
def test_depth_is_the_number_of_convolutions_of_a_stage(depth):
    stage = built(depth=depth).stages[1]
    assert sum(isinstance(layer, nn.Conv2d) for layer in stage) == depth


def test_the_first_weights_of_a_stage_pass_its_input_on():
    image = torch.randn(2, 4, 6, 6)
    for convolution in (layer for layer in built().stages[0] if isinstance(layer, nn.Conv2d)):
        copied = convolution(image[:, : convolution.in_channels].repeat(1, convolution.in_channels // 4, 1, 1))
        torch.testing.assert_close(copied[:, :4], image)


def test_answers_are_scaled_down():
    image = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(built(output_scale=0.5).eval()(image), 0.5 * built(output_scale=1.0).eval()(image))


def test_the_last_stage_sees_the_whole_of_a_small_picture():
    with torch.device("meta"):
        layers = summary(built(), torch.zeros(1, 3, 32, 32))
    assert [one.receptive_field for one in layers if one.receptive_field][-1] == (52, 52)


def test_a_last_batch_of_one_picture_of_the_least_size_is_borne():
    model = built().train()
    assert model(torch.randn(1, 3, 8, 8)).isfinite().all()
