import pytest
import torch
import torch.nn.functional as F

from espalier.models.xception import Xception, XceptionBlock, XceptionConfig
from models.published import built, lines_of, parameters_of, published_lines


def test_the_full_size_has_the_published_parameters():
    assert parameters_of(built("xception")) == 22_855_952


def test_keys_and_shapes_are_the_published_ones():
    assert lines_of(built("xception")) == published_lines("xception")


def test_a_halving_block_adds_its_answer_to_a_projection_line_by_line():
    block, x = XceptionBlock((6, 8, 8), stride=2).eval(), torch.randn(2, 6, 7, 5)

    def separable(layer, value):
        depthwise = F.conv2d(value, layer.conv1.weight, padding=1, groups=value.shape[1])
        return F.conv2d(depthwise, layer.pointwise.weight)

    _, first, first_norm, _, second, second_norm, _ = block.rep
    answer = second_norm(separable(second, F.relu(first_norm(separable(first, F.relu(x))))))
    projected = block.skipbn(F.conv2d(x, block.skip.weight, stride=2))
    torch.testing.assert_close(block(x), F.max_pool2d(answer, 3, stride=2, padding=1) + projected)


def test_a_middle_block_adds_its_answer_to_the_input_itself():
    block, x = XceptionBlock((6, 6, 6, 6)).eval(), torch.randn(2, 6, 7, 5)
    assert not any(key.startswith("skip") for key in block.state_dict())
    torch.testing.assert_close(block(x), block.rep(x) + x)


def test_the_input_of_a_block_stays_as_it_is():
    block, x = XceptionBlock((6, 6, 6, 6)), torch.randn(2, 6, 7, 5)
    before = x.clone()
    block(x)
    assert torch.equal(x, before)


def test_the_sizes_of_the_maps_are_those_of_figure_5():
    sides = []
    model = Xception(XceptionConfig(3, 2, (2, 2), (2, 2, 2), depth=1, exit_widths=(2, 2, 2))).eval()
    for name in model.blocks:
        model.get_submodule(name).register_forward_hook(lambda _, __, output: sides.append(output.shape[-1]))
    with torch.no_grad():
        model(torch.randn(1, 3, 299, 299))
    assert sides == [74, 37, 19, 19, 10]


def test_two_exit_widths_are_refused():
    with pytest.raises(ValueError, match=r"and \(4, 4\), expected 2, at least 1, and 3 numbers"):
        XceptionConfig(3, 2, exit_widths=(4, 4))
