import torch
import torch.nn.functional as F

from espalier.models.layers.conv_norm import ConvNorm


def test_it_convolves_normalizes_and_rectifies_line_by_line():
    layer, x = ConvNorm(3, 4, kernel_size=(1, 7), stride=2, padding=(0, 3)), torch.randn(5, 3, 6, 8)
    maps = F.conv2d(x, layer.conv.weight, stride=2, padding=(0, 3))
    mean, variance = maps.mean(dim=(0, 2, 3), keepdim=True), maps.var(dim=(0, 2, 3), correction=0, keepdim=True)
    torch.testing.assert_close(layer(x), F.relu((maps - mean) / (variance + 1e-3).sqrt()))


def test_the_convolution_has_no_bias():
    assert set(dict(ConvNorm(3, 4).named_parameters())) == {"conv.weight", "bn.weight", "bn.bias"}
