import pytest
import torch
import torch.nn.functional as F

from espalier.models.convnext import ChannelNorm, Convnext, ConvnextBlock, ConvnextConfig
from models.published import built, digest_of, lines_of, parameters_of, published_digests, published_lines


def test_convnext_t_has_the_published_parameters():
    assert parameters_of(built("convnext-t")) == 28_589_128


def test_keys_and_shapes_are_the_published_ones():
    assert lines_of(built("convnext-t")) == published_lines("convnext-t")


@pytest.mark.parametrize("name", published_digests("convnext"))
def test_the_larger_ones_have_the_published_keys(name):
    model = built(name)
    fact = published_digests("convnext")[name]
    assert digest_of(model) == fact


def test_a_block_is_filter_norm_and_perceptron_line_by_line():
    block, x = ConvnextBlock(6, layer_scale=0.5, drop_path=0.0), torch.randn(2, 6, 9, 8)
    filtered, _, norm, widen, _, narrow, _ = block.block
    inner = F.conv2d(x, filtered.weight, filtered.bias, padding=3, groups=6).permute(0, 2, 3, 1)
    inner = narrow(F.gelu(widen(norm(inner)))).permute(0, 3, 1, 2)
    torch.testing.assert_close(block(x), x + 0.5 * inner)


def test_the_channel_norm_normalizes_each_pixel_over_its_channels():
    norm, x = ChannelNorm(7, eps=1e-6), torch.randn(2, 7, 3, 4)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    normed = (x - x.mean(dim=1, keepdim=True)) / (x.var(dim=1, keepdim=True, correction=0) + 1e-6).sqrt()
    torch.testing.assert_close(norm(x), normed * norm.weight[:, None, None] + norm.bias[:, None, None])


def test_first_weights_are_normal_with_the_published_deviation():
    torch.manual_seed(0)
    model = Convnext(ConvnextConfig(3, 10, widths=(32, 64), depths=(1, 2)))
    weights = torch.cat([one.weight.flatten() for one in model.modules() if isinstance(one, torch.nn.Conv2d | torch.nn.Linear)])
    assert abs(weights.mean()) < 0.001
    assert abs(weights.std() - 0.02) < 0.0005
    assert all(torch.equal(one.bias, torch.zeros_like(one.bias)) for one in model.modules() if isinstance(one, torch.nn.Conv2d))


def test_later_blocks_are_left_out_more_often():
    model = Convnext(ConvnextConfig(3, 2, widths=(4, 4), depths=(2, 3), drop_path=0.4))
    shares = [one.stochastic_depth.probability for one in model.modules() if isinstance(one, ConvnextBlock)]
    assert shares == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_the_grid_is_a_thirty_second_of_the_picture():
    model = Convnext(ConvnextConfig(3, 2, widths=(4, 4, 4, 4), depths=(1, 1, 1, 1)))
    assert model.features(torch.randn(1, 3, 64, 96)).shape == (1, 4, 2, 3)


def test_as_many_depths_as_widths_are_asked_for():
    with pytest.raises(ValueError, match=r"depths is \(1,\), expected one number for each of widths, which is \(4, 8\)"):
        ConvnextConfig(3, 2, widths=(4, 8), depths=(1,))
