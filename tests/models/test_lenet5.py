import pytest
import torch

from espalier.core.errors import UnknownNameError
from espalier.models.lenet5 import Lenet5, Lenet5Config
from models.published import built, parameters_of


def test_parameters_are_those_of_all_layers_with_a_full_second_convolution():
    layers = (1 * 25 + 1) * 6, (6 * 25 + 1) * 16, (400 + 1) * 120, (120 + 1) * 84, (84 + 1) * 10
    assert parameters_of(built("lenet5", in_channels=1, num_outputs=10)) == sum(layers) == 61_706


def test_maps_have_the_sizes_of_figure_2():
    model, shapes = Lenet5(Lenet5Config(1, 10)), []
    for layer in (model.features[0], model.features[2], model.features[3], model.features[5]):
        layer.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.randn(1, 1, 32, 32))
    assert shapes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5)]


def test_a_digit_of_28_pixels_is_read_as_if_it_had_a_frame_of_zeros():
    model, digit = Lenet5(Lenet5Config(1, 10)), torch.randn(2, 1, 28, 28)
    framed = torch.zeros(2, 1, 32, 32)
    framed[:, :, 2:30, 2:30] = digit
    assert torch.equal(model(digit), model(framed))


@pytest.mark.parametrize(("high", "wide"), [(1, 1), (8, 8), (31, 33), (64, 20), (224, 224)])
def test_any_size_of_picture_gives_logits(high, wide):
    assert Lenet5(Lenet5Config(1, 10))(torch.randn(2, 1, high, wide)).shape == (2, 10)


def test_activation_and_pooling_can_be_chosen():
    torch.manual_seed(0)
    first, image = Lenet5(Lenet5Config(1, 10)), torch.randn(2, 1, 32, 32)
    second = Lenet5(Lenet5Config(1, 10, activation="relu", pool="max"))
    second.load_state_dict(first.state_dict())
    assert not torch.allclose(first(image), second(image))


def test_what_cannot_be_built_is_refused():
    with pytest.raises(ValueError, match=r"channels is \(6,\), expected two whole numbers"):
        Lenet5Config(1, 10, channels=(6,))
    with pytest.raises(ValueError, match="one of hidden_sizes is 0, expected a whole number of at least 1"):
        Lenet5Config(1, 10, hidden_sizes=(120, 0))
    with pytest.raises(UnknownNameError, match="no pool 'maximum'"):
        Lenet5Config(1, 10, pool="maximum")
    with pytest.raises(UnknownNameError, match="no activation 'maxout'"):
        Lenet5Config(1, 10, activation="maxout")
