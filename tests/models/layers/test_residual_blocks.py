import pytest
import torch
import torch.nn.functional as F
from torch import nn

from espalier.models.layers.bottleneck_block import BottleneckBlock
from espalier.models.layers.he_convolutions import draw_he_convolutions
from espalier.models.layers.image_norm import ImageBatchNorm
from espalier.models.layers.projection_shortcut import projection_shortcut
from espalier.models.layers.residual_block import ResidualBlock
from espalier.models.layers.residual_stages import build_stages, build_stem, width_after


class Half(nn.Module):
    def forward(self, x):
        return x / 2


def conv(x, layer):
    return F.conv2d(x, layer.weight, stride=layer.stride, padding=layer.padding)


def normed(x, norm):
    mean, var, gain, bias = (one[:, None, None] for one in (norm.running_mean, norm.running_var, norm.weight, norm.bias))
    return (x - mean) / (var + norm.eps).sqrt() * gain + bias


def used(block, in_channels):
    block(torch.randn(20, in_channels, 6, 6))  # running statistics that are not 0 and 1
    return block.eval()


def test_a_basic_block_is_its_correction_and_its_shortcut_line_by_line():
    block = used(ResidualBlock(4, 6, 2, Half(), projection_shortcut(4, 6, 2)), 4)
    x = torch.randn(3, 4, 7, 6)
    inner = normed(conv(x, block.conv1), block.bn1).clamp(min=0)
    correction = normed(conv(inner, block.conv2), block.bn2) / 2
    around = normed(conv(x, block.downsample[0]), block.downsample[1])
    torch.testing.assert_close(block(x), (correction + around).clamp(min=0))
    assert block(x).shape == (3, 6, 4, 3)


def test_a_bottleneck_block_is_its_correction_and_its_shortcut_line_by_line():
    block = used(BottleneckBlock(4, 3, 2, Half(), projection_shortcut(4, 12, 2)), 4)
    x = torch.randn(3, 4, 7, 6)
    inner = normed(conv(x, block.conv1), block.bn1).clamp(min=0)
    inner = normed(conv(inner, block.conv2), block.bn2).clamp(min=0)
    correction = normed(conv(inner, block.conv3), block.bn3) / 2
    around = normed(conv(x, block.downsample[0]), block.downsample[1])
    torch.testing.assert_close(block(x), (correction + around).clamp(min=0))
    assert block(x).shape == (3, 12, 4, 3)


def test_a_block_without_attention_or_projection_has_no_keys_for_them():
    keys = ResidualBlock(4, 4, 1, nn.Identity(), projection_shortcut(4, 4, 1)).state_dict()
    assert {key.split(".")[0] for key in keys} == {"conv1", "bn1", "conv2", "bn2"}


@pytest.mark.parametrize(("stem", "side"), [("imagenet", 8), ("small", 32)])
def test_a_stem_keeps_the_side_or_a_quarter_of_it(stem, side):
    first, pool = build_stem(stem, 3, 5)
    assert pool(first(torch.randn(1, 3, 32, 32))).shape == (1, 5, side, side)


def test_stages_project_only_where_the_shape_changes():
    basic, bottleneck = (build_stages(block, (2, 2), 4) for block in ("basic", "bottleneck"))
    projects = [
        [isinstance(block.downsample, nn.Sequential) for stage in one for block in stage] for one in (basic, bottleneck)
    ]
    assert projects == [[False, False, True, False], [True, False, True, False]]


def test_attention_is_built_for_the_channels_that_a_block_gives():
    seen = []
    build_stages("bottleneck", (1, 2), 4, attention=lambda channels: seen.append(channels) or nn.Identity())
    assert seen == [16, 32, 32]
    assert width_after("bottleneck", (1, 2), 4) == 32


def test_the_norm_is_that_of_torch():
    ours, theirs, x = ImageBatchNorm(3), nn.BatchNorm2d(3), torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(ours(x), theirs(x), atol=0, rtol=0)
    torch.testing.assert_close(ours.running_var, theirs.running_var, atol=0, rtol=0)


def test_a_single_pixel_is_normalized_with_what_was_seen_before():
    norm, pixel = ImageBatchNorm(3), torch.randn(1, 3, 1, 1)
    norm(torch.randn(50, 3, 4, 4) * 2 + 1)
    before = norm.running_mean.clone()
    expected = (pixel.flatten() - norm.running_mean) / (norm.running_var + norm.eps).sqrt()
    torch.testing.assert_close(norm(pixel).flatten(), expected)
    assert torch.equal(norm.running_mean, before)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        nn.BatchNorm2d(3)(pixel)


@pytest.mark.parametrize(("keep", "fan"), [("fan_in", 16 * 9), ("fan_out", 64 * 9)])
def test_weights_of_convolutions_keep_the_signal_or_the_gradient_alike(keep, fan):
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(16, 64, 3), nn.Linear(3, 3))
    untouched = layers[1].weight.clone()
    draw_he_convolutions(layers, keep)
    assert layers[0].weight.std().item() == pytest.approx((2 / fan) ** 0.5, rel=0.05)
    assert not layers[0].bias.any()
    assert torch.equal(layers[1].weight, untouched)
