import numpy as np
import torch

from espalier.models.layers.channel_attention import ChannelAttention
from espalier.models.layers.spatial_attention import SpatialAttention
from espalier.models.layers.squeeze_excitation import SqueezeExcitation


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def matrix(layer):
    return layer.weight.detach().numpy()[:, :, 0, 0]


def test_squeeze_excitation_agrees_with_numpy():
    torch.manual_seed(0)
    layer, x = SqueezeExcitation(6, 3), torch.randn(2, 6, 4, 5)
    squeezed = x.numpy().mean(axis=(2, 3))
    hidden = np.maximum(squeezed @ matrix(layer.fc1).T + layer.fc1.bias.detach().numpy(), 0)
    weights = sigmoid(hidden @ matrix(layer.fc2).T + layer.fc2.bias.detach().numpy())
    np.testing.assert_allclose(layer(x).detach().numpy(), x.numpy() * weights[:, :, None, None], rtol=1e-5, atol=1e-6)


def test_channel_attention_agrees_with_numpy():
    torch.manual_seed(0)
    layer, x = ChannelAttention(6, 3), torch.randn(2, 6, 4, 5)
    pooled = x.numpy().mean(axis=(2, 3)), x.numpy().max(axis=(2, 3))
    biases = layer.fc1.bias.detach().numpy(), layer.fc2.bias.detach().numpy()
    decided = sum(np.maximum(one @ matrix(layer.fc1).T + biases[0], 0) @ matrix(layer.fc2).T + biases[1] for one in pooled)
    np.testing.assert_allclose(layer(x).detach().numpy(), x.numpy() * sigmoid(decided)[:, :, None, None], rtol=1e-5, atol=1e-6)


def test_spatial_attention_agrees_with_numpy():
    torch.manual_seed(0)
    layer, x = SpatialAttention(3), torch.randn(2, 6, 4, 5)
    layer(torch.randn(9, 6, 4, 5))  # running statistics that are not 0 and 1
    layer.eval()
    described = np.stack([x.numpy().mean(axis=1), x.numpy().max(axis=1)], axis=1)
    padded, kernel = np.pad(described, ((0, 0), (0, 0), (1, 1), (1, 1))), layer.conv.weight.detach().numpy()[0]
    seen = np.array([[[(one[:, i : i + 3, j : j + 3] * kernel).sum() for j in range(5)] for i in range(4)] for one in padded])
    norm = layer.bn
    weights = sigmoid((seen - norm.running_mean.item()) / np.sqrt(norm.running_var.item() + norm.eps))
    np.testing.assert_allclose(layer(x).detach().numpy(), x.numpy() * weights[:, None], rtol=1e-5, atol=1e-6)


def test_spatial_attention_gives_every_channel_of_a_place_the_same_weight():
    layer, x = SpatialAttention(7).eval(), torch.rand(1, 4, 6, 6) + 1
    ratio = (layer(x) / x).detach()
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio))
    assert 0 < ratio.min() < ratio.max() < 1
