import pytest
import torch
import torch.nn.functional as F
from torch import nn

from espalier.models.layers.series_conv import ConvNormRelu, SeriesConv, SeriesNorm, as_picture, as_steps


@pytest.mark.parametrize(("kernel_size", "dilation", "sides"), [(5, 1, (2, 2)), (8, 1, (3, 4)), (3, 4, (4, 4)), (1, 1, (0, 0))])
def test_a_convolution_agrees_with_that_of_torch_between_zeros(kernel_size, dilation, sides):
    ours, theirs = SeriesConv(3, 4, kernel_size, dilation=dilation), nn.Conv1d(3, 4, kernel_size, dilation=dilation)
    theirs.load_state_dict({"weight": ours.weight[:, :, 0], "bias": ours.bias})
    series = torch.randn(2, 3, 20)
    torch.testing.assert_close(ours(as_picture(series))[:, :, 0], theirs(F.pad(series, sides)))


def test_a_causal_convolution_sees_nothing_of_later_steps():
    conv, series = SeriesConv(3, 4, 4, dilation=2, causal=True), torch.randn(1, 3, 20)
    later = series.clone()
    later[:, :, 12:] = torch.randn(1, 3, 8)
    before, after = (conv(as_picture(one))[..., :12] for one in (series, later))
    assert torch.equal(before, after)
    series.requires_grad_()
    conv(as_picture(series))[0, 0, 0, 11].backward()
    assert series.grad[0, 0].nonzero()[:, 0].tolist() == [5, 7, 9, 11]


def test_channels_of_a_step_lie_side_by_side_all_the_way():
    x = as_picture(torch.randn(2, 3, 9))
    for layer in (ConvNormRelu(3, 4, 3), ConvNormRelu(4, 5, 8)):
        x = layer(x)
        assert x.is_contiguous(memory_format=torch.channels_last)
    assert as_steps(x).is_contiguous()


def test_the_norm_is_that_of_torch_over_all_steps():
    ours, theirs, series = SeriesNorm(3), nn.BatchNorm1d(3), torch.randn(4, 3, 7)
    torch.testing.assert_close(ours(as_picture(series))[:, :, 0], theirs(series))
    torch.testing.assert_close(ours.norm.running_var, theirs.running_var)


def test_the_norm_counts_only_the_steps_of_each_row():
    ours, theirs, series = SeriesNorm(3), nn.BatchNorm1d(3), torch.randn(2, 3, 7)
    valid = torch.arange(7) < torch.tensor([[7], [4]])
    normalized = ours(as_picture(series), valid)[:, :, 0]
    own = torch.cat([series[0].T, series[1, :, :4].T])
    torch.testing.assert_close(torch.cat([normalized[0].T, normalized[1, :, :4].T]), theirs(own))
    assert not normalized[1, :, 4:].any()
    torch.testing.assert_close(ours.norm.running_mean, theirs.running_mean)
