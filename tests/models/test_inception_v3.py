import pytest
import torch

from espalier.models.inception_v3 import InceptionV3, InceptionV3Config, average_of_neighbours
from models.published import built, lines_of, parameters_of, published_lines


def test_the_full_size_has_the_published_parameters():
    assert parameters_of(built("inception-v3")) == 23_834_568


def test_keys_and_shapes_are_the_published_ones_without_the_head_half_way():
    assert lines_of(built("inception-v3")) == published_lines("inception-v3")


def test_the_sizes_of_the_maps_are_those_of_table_1():
    sides = {}
    model = InceptionV3(InceptionV3Config(3, 2, width_factor=0.02, blocks=(1, 1, 1))).eval()
    for name, module in model.named_children():
        if name not in ("dropout", "fc"):
            module.register_forward_hook(lambda _, __, output: sides.update({output.shape[-1]: None}))
    with torch.no_grad():
        model(torch.randn(1, 3, 299, 299))
    assert list(sides) == [149, 147, 73, 71, 35, 17, 8]


def test_a_factor_scales_every_block():
    with torch.device("meta"):
        model = InceptionV3(InceptionV3Config(3, 2, width_factor=0.5))
    outputs = {name: model.get_submodule(name).out_channels for name in model.stages}
    assert outputs == {
        **{"Mixed_5b": 128, "Mixed_5c": 144, "Mixed_5d": 144},
        **{"Mixed_6a": 384, "Mixed_6b": 384, "Mixed_6c": 384, "Mixed_6d": 384, "Mixed_6e": 384},
        **{"Mixed_7a": 640, "Mixed_7b": 1024, "Mixed_7c": 1024},
    }


def test_the_average_counts_what_is_beyond_the_edge_as_zero():
    expected = torch.tensor([[4.0, 6.0, 4.0], [6.0, 9.0, 6.0], [4.0, 6.0, 4.0]]) / 9
    torch.testing.assert_close(average_of_neighbours(torch.ones(1, 1, 3, 3))[0, 0], expected)


@pytest.mark.parametrize("blocks", [(4, 4, 2), (3, 5, 2), (3, 4, 3)])
def test_more_blocks_than_published_are_refused(blocks):
    with pytest.raises(ValueError, match="expected at most 3, 4 and 2"):
        InceptionV3Config(3, 2, blocks=blocks)
