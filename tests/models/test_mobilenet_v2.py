import pytest
import torch
import torch.nn.functional as F

from espalier.models.mobilenet_v2 import InvertedResidual, MobilenetV2, MobilenetV2Config, rounded
from models.published import built, lines_of, parameters_of, published_lines


def test_the_full_size_has_the_published_parameters():
    assert parameters_of(built("mobilenet-v2")) == 3_504_872


def test_keys_and_shapes_are_the_published_ones():
    assert lines_of(built("mobilenet-v2")) == published_lines("mobilenet-v2")


@pytest.mark.parametrize(("channels", "expected"), [(1, 8), (11.9, 16), (12, 16), (20, 24), (44, 48), (100, 104), (107, 104)])
def test_channels_are_the_nearest_multiple_of_8_and_never_a_tenth_less(channels, expected):
    assert rounded(channels) == expected


def test_a_width_above_1_widens_the_last_features_and_one_below_leaves_them():
    def last(factor):
        with torch.device("meta"):
            return MobilenetV2(MobilenetV2Config(3, 10, width_factor=factor)).classifier[1].in_features

    assert [last(factor) for factor in (0.5, 1.0, 1.4)] == [1280, 1280, 1792]


def test_an_inverted_residual_is_widen_filter_narrow_line_by_line():
    block = InvertedResidual(8, 8, stride=1, expansion=6).eval()
    x = torch.randn(2, 8, 5, 7)
    (wide, wide_norm, _), (filtered, filtered_norm, _), narrow, narrow_norm = block.conv
    inner = F.relu6(wide_norm(F.conv2d(x, wide.weight)))
    inner = F.relu6(filtered_norm(F.conv2d(inner, filtered.weight, padding=1, groups=48)))
    torch.testing.assert_close(block(x), x + narrow_norm(F.conv2d(inner, narrow.weight)))


@pytest.mark.parametrize(("stride", "out_channels"), [(2, 8), (1, 16)])
def test_nothing_is_added_where_the_shape_changes(stride, out_channels):
    block = InvertedResidual(8, out_channels, stride, expansion=1).eval()
    x = torch.randn(2, 8, 6, 6)
    torch.testing.assert_close(block(x), block.conv(x))


def test_in_training_the_bias_of_a_narrow_end_changes_nothing():
    model, image = (
        MobilenetV2(MobilenetV2Config(3, 4, width_factor=0.25, repeats=(1, 2), dropout=0.0)),
        torch.randn(9, 3, 16, 16),
    )
    before = model(image)
    torch.nn.init.normal_(model.features[2].conv[3].bias)
    torch.testing.assert_close(model(image), before, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("repeats", [(), (1,) * 8])
def test_repeats_for_no_stage_or_too_many_are_refused(repeats):
    with pytest.raises(ValueError, match=r"repeats is \(.*\), expected 1 to 7 numbers, one for each stage"):
        MobilenetV2Config(3, 10, repeats=repeats)


def test_a_stage_without_blocks_is_refused():
    with pytest.raises(ValueError, match="a number of repeats is 0, expected a whole number of at least 1"):
        MobilenetV2Config(3, 10, repeats=(1, 0))
