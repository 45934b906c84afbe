import pytest
import torch

from espalier.core.catalogue import architectures
from espalier.models.alexnet import Alexnet, AlexnetConfig
from models.published import built, lines_of, parameters_of, published_lines


def test_parameters_are_as_many_as_published():
    assert parameters_of(built("alexnet")) == 61_100_840


def test_keys_and_shapes_are_those_of_published_weights():
    assert lines_of(built("alexnet")) == published_lines("alexnet")


def test_a_picture_of_224_pixels_gives_just_the_grid_that_the_linear_layers_read():
    features = Alexnet(AlexnetConfig(3, 2, width=2, hidden_size=4)).features
    assert features(torch.randn(1, 3, 224, 224)).shape == (1, 8, 6, 6)


def test_the_smallest_picture_is_the_smallest_indeed():
    features, side = Alexnet(AlexnetConfig(3, 2, width=2, hidden_size=4)).features, architectures()["alexnet"].least_pixels
    assert features(torch.randn(1, 3, side, side)).shape == (1, 8, 1, 1)
    with pytest.raises(RuntimeError, match="Output size is too small"):
        features(torch.randn(1, 3, side - 1, side - 1))
