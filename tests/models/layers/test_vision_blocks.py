import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from espalier.models.layers.encoder_block import EncoderBlock, initialize_encoder
from espalier.models.layers.patch_embedding import PatchEmbedding
from espalier.models.layers.self_attention import SelfAttention, attend_fused, attend_written_out
from espalier.models.layers.standardized_convolution import StandardizedConv2d, pad_to_stride


def test_patches_come_row_by_row():
    embedding = PatchEmbedding(1, 4, patch_size=2)
    with torch.no_grad():
        embedding.proj.weight.copy_(torch.eye(4).view(4, 1, 2, 2))
        embedding.proj.bias.zero_()
    image = torch.arange(24.0).view(1, 1, 4, 6)
    expected = [image[0, 0, y : y + 2, x : x + 2].flatten() for y in (0, 2) for x in (0, 2, 4)]
    torch.testing.assert_close(embedding(image)[0], torch.stack(expected))


def test_attention_agrees_with_torch():
    ours, theirs = SelfAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
        theirs.out_proj.load_state_dict(ours.proj.state_dict())
    tokens = torch.randn(4, 5, 12)
    torch.testing.assert_close(ours(tokens), theirs(tokens, tokens, tokens)[0], atol=1e-5, rtol=1e-5)


def test_both_ways_of_attention_agree():
    query, key, value = torch.randn(3, 2, 3, 7, 4).unbind(0)
    torch.testing.assert_close(attend_fused(query, key, value), attend_written_out(query, key, value))


def test_the_way_is_written_out_in_bfloat16_while_learning_and_fused_elsewhere(monkeypatch):
    ways = []
    for name, attend in (("fused", attend_fused), ("written out", attend_written_out)):
        record = lambda *one, name=name, attend=attend: ways.append(name) or attend(*one)  # noqa: E731
        monkeypatch.setattr(f"{SelfAttention.__module__}.attend_{name.replace(' ', '_')}", record)
    attention, tokens = SelfAttention(12, 3), torch.randn(2, 5, 12)
    attention(tokens)
    with torch.autocast("cpu", torch.bfloat16):
        attention(tokens)
        with torch.no_grad():
            attention(tokens)
    assert ways == ["fused", "written out", "fused"]


def test_a_block_agrees_with_torchs_own_layer():
    ours = EncoderBlock(8, 2, hidden_size=16)
    theirs = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
    for norm in (theirs.norm1, theirs.norm2):
        norm.eps = ours.norm1.eps
    with torch.no_grad():
        theirs.self_attn.in_proj_weight.copy_(ours.attn.qkv.weight)
        theirs.self_attn.in_proj_bias.copy_(ours.attn.qkv.bias)
        theirs.self_attn.out_proj.load_state_dict(ours.attn.proj.state_dict())
        theirs.linear1.load_state_dict(ours.mlp.fc1.state_dict())
        theirs.linear2.load_state_dict(ours.mlp.fc2.state_dict())
    tokens = torch.randn(3, 5, 8)
    torch.testing.assert_close(ours(tokens), theirs(tokens), atol=1e-5, rtol=1e-5)


def test_dropout_works_in_training_only():
    block, tokens = EncoderBlock(8, 2, hidden_size=16, dropout=0.5), torch.randn(3, 5, 8)
    assert not torch.equal(block(tokens), block(tokens))
    assert torch.equal(block.eval()(tokens), block(tokens))


def test_first_weights_leave_norms_alone():
    block = EncoderBlock(8, 2, hidden_size=16)
    initialize_encoder(block)
    assert block.norm1.weight.eq(1).all()
    assert not block.attn.qkv.bias.any()


def test_a_standardized_convolution_agrees_with_numpy():
    layer = StandardizedConv2d(2, 3, kernel_size=3)
    weight = layer.weight.detach().double().numpy()
    mean, deviation = weight.mean(axis=(1, 2, 3), keepdims=True), weight.std(axis=(1, 2, 3), keepdims=True)
    standard = torch.from_numpy((weight - mean) / np.sqrt(deviation**2 + 1e-8))
    image = torch.randn(1, 2, 5, 6)
    torch.testing.assert_close(layer(image), F.conv2d(image.double(), standard, padding=1).float(), atol=1e-5, rtol=1e-5)


def test_the_scale_of_first_weights_does_not_matter():
    layer, image = StandardizedConv2d(2, 3, kernel_size=3), torch.randn(1, 2, 5, 6)
    before = layer(image)
    with torch.no_grad():
        layer.weight.mul_(10)
    torch.testing.assert_close(layer(image), before, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("side", [1, 6, 7, 8, 33])
@pytest.mark.parametrize(("kernel_size", "stride"), [(1, 1), (1, 2), (3, 1), (3, 2), (7, 2)])
def test_sides_shrink_by_the_stride_alone(side, kernel_size, stride):
    padded = pad_to_stride(torch.zeros(1, 1, side, 2 * side), kernel_size, stride)
    places = [(length - kernel_size) // stride + 1 for length in padded.shape[2:]]
    assert places == [math.ceil(side / stride), math.ceil(2 * side / stride)]


def test_tokens_that_are_not_valid_are_not_looked_at_either_way():
    query, key, value = torch.randn(3, 2, 3, 7, 4).unbind(0)
    seen = torch.tensor([[True] * 7, [True] * 3 + [False] * 4])[:, None, None]
    torch.testing.assert_close(attend_fused(query, key, value, seen), attend_written_out(query, key, value, seen))
    short = attend_fused(query[1:], key[1:, :, :3], value[1:, :, :3])
    torch.testing.assert_close(attend_fused(query, key, value, seen)[1:], short)
