import torch
import torch.nn.functional as F

from espalier.models.layers.separable_conv import SeparableConv


def test_it_is_a_full_convolution_whose_filters_are_products():
    layer, x = SeparableConv(3, 5, kernel_size=3, stride=2), torch.randn(2, 3, 7, 6)
    full = layer.pointwise.weight * layer.conv1.weight.transpose(0, 1)  # (5, 3, 1, 1) by (1, 3, 3, 3)
    torch.testing.assert_close(layer(x), F.conv2d(x, full, stride=2, padding=1))


def test_it_has_far_fewer_weights():
    count = sum(one.numel() for one in SeparableConv(64, 128).parameters())
    assert count == 3 * 3 * 64 + 64 * 128
    assert count < 3 * 3 * 64 * 128 / 8
