import pytest
import torch
import torch.nn.functional as F

from espalier.models.inception_v1 import BlockWidths, InceptionBlock, InceptionV1, InceptionV1Config
from models.published import built, lines_of, parameters_of, published_lines

WIDTHS = BlockWidths(4, 2, 6, 2, 3, 5)


def test_the_full_size_has_the_published_parameters():
    assert parameters_of(built("inception-v1")) == 6_624_904


def test_keys_and_shapes_are_the_published_ones_without_the_heads_half_way():
    assert lines_of(built("inception-v1")) == published_lines("inception-v1")


def test_a_block_is_its_four_branches_side_by_side():
    block, x = InceptionBlock(8, WIDTHS, 1.0).eval(), torch.randn(2, 8, 5, 6)

    def convolved(layer, value, padding):
        return F.relu(layer.bn(F.conv2d(value, layer.conv.weight, padding=padding)))

    expected = [
        convolved(block.branch1, x, 0),
        convolved(block.branch2[1], convolved(block.branch2[0], x, 0), 1),
        convolved(block.branch3[1], convolved(block.branch3[0], x, 0), 1),
        convolved(block.branch4[1], F.max_pool2d(x, 3, stride=1, padding=1), 0),
    ]
    assert block.out_channels == 4 + 6 + 3 + 5
    torch.testing.assert_close(block(x), torch.cat(expected, dim=1))


def test_the_sizes_of_the_maps_are_those_of_table_1():
    sides = {}
    model = InceptionV1(InceptionV1Config(3, 2, width_factor=0.05)).eval()
    for name, module in model.named_children():
        if name.startswith(("conv", "maxpool", "inception")):
            module.register_forward_hook(lambda _, __, output, name=name: sides.update({name: output.shape[-1]}))
    with torch.no_grad():
        model(torch.randn(1, 3, 224, 224))
    expected = {"conv1": 112, "maxpool1": 56, "conv3": 56, "maxpool2": 28, "inception3b": 28, "maxpool3": 14, "inception4e": 14}
    assert {name: sides[name] for name in (*expected, "inception5b")} == {**expected, "inception5b": 7}


@pytest.mark.parametrize("blocks", [(3, 5, 2), (2, 6, 2), (2, 5, 3)])
def test_more_blocks_than_published_are_refused(blocks):
    with pytest.raises(ValueError, match="expected at most 2, 5 and 2"):
        InceptionV1Config(3, 2, blocks=blocks)


def test_blocks_for_two_stages_are_refused():
    with pytest.raises(ValueError, match=r"blocks is \(1, 1\), expected 3 numbers, one for each stage"):
        InceptionV1Config(3, 2, blocks=(1, 1))
