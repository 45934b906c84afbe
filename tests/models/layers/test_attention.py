import pytest
import torch
from torch import nn

from espalier.models.layers.attention import MultiheadAttention


def torchs_own(ours):
    """The attention of torch with our weights; its bias on keys stays at zero."""
    theirs = nn.MultiheadAttention(ours.query.in_features, ours.num_heads, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, torch.zeros_like(ours.query.bias), ours.value.bias]))
        theirs.out_proj.load_state_dict(ours.mix.state_dict())
    return theirs


@pytest.mark.parametrize("num_queries", [1, 5])
def test_attention_agrees_with_torch(num_queries):
    ours = MultiheadAttention(12, 3)
    for bias in (ours.query.bias, ours.value.bias, ours.mix.bias):
        nn.init.normal_(bias)
    tokens = torch.randn(4, 5, 12)
    expected, _ = torchs_own(ours)(tokens[:, :num_queries], tokens, tokens)
    torch.testing.assert_close(ours(tokens[:, :num_queries], tokens), expected)


def test_written_out_attention_agrees_with_the_fused_one():
    attention, tokens = MultiheadAttention(12, 3, dropout=1e-9), torch.randn(4, 5, 12)  # so small that it drops nothing
    torch.testing.assert_close(attention.train()(tokens, tokens), attention.eval()(tokens, tokens))


def test_a_bias_on_keys_would_change_nothing():
    ours = MultiheadAttention(12, 3)
    theirs, tokens = torchs_own(ours), torch.randn(4, 5, 12)
    with torch.no_grad():
        theirs.in_proj_bias[12:24] = torch.randn(12)
    torch.testing.assert_close(ours(tokens, tokens), theirs(tokens, tokens, tokens)[0], atol=1e-5, rtol=1e-4)


def test_dropout_drops_in_training_only():
    attention, tokens = MultiheadAttention(12, 3, dropout=0.5), torch.randn(4, 5, 12)
    assert not torch.equal(attention(tokens, tokens), attention(tokens, tokens))
    assert torch.equal(attention.eval()(tokens, tokens), attention(tokens, tokens))


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(ValueError, match="width is 10, expected a multiple of num_heads, which is 3"):
        MultiheadAttention(10, 3)
