import pytest
import torch
import torch.nn.functional as F

from espalier.core.errors import PlanError, UnknownNameError
from espalier.models.ft_transformer import MODELS, FtTransformer, FtTransformerConfig


def test_parameters_are_those_published_less_the_biases_of_keys():
    config = FtTransformerConfig(8, (), 1, width=272, depth=3, hidden_factor=2.342425545888827)
    published, keys = 2_463_247, 3 * 272  # the authors' tuned model for California housing
    assert sum(one.numel() for one in FtTransformer(config).parameters()) == published - keys


def test_defaults_are_the_authors():
    config = FtTransformerConfig(8, (), 1)
    sizes = (config.width, config.depth, config.num_heads, config.attention_dropout, config.dropout, config.residual_dropout)
    assert sizes == (192, 3, 8, 0.2, 0.1, 0.0)
    assert FtTransformer(config).blocks[0].feed_out.in_features == 256  # 4/3 of 192


def test_transformer_is_its_blocks_line_by_line():
    model = FtTransformer(FtTransformerConfig(3, (4,), 2, width=8, depth=2, num_heads=2)).eval()
    numbers, categories = torch.randn(5, 3), torch.randint(0, 4, (5, 1))
    tokens = model.tokens
    column = tokens.categories
    x = torch.cat(
        [
            tokens.answer.expand(5, 1, 8),
            numbers[:, :, None] * tokens.numbers.weight + tokens.numbers.bias,
            column.table.weight[categories] + column.bias,
        ],
        dim=1,
    )
    for i, block in enumerate(model.blocks):
        normed = x if i == 0 else F.layer_norm(x, (8,), block.attention_norm.weight, block.attention_norm.bias)
        x = x + block.attention(normed, normed)
        value, gate = block.feed_in(F.layer_norm(x, (8,), block.feed_norm.weight, block.feed_norm.bias)).chunk(2, dim=-1)
        x = x + block.feed_out(value * F.relu(gate))
    norm, _, head = model.head
    expected = head(F.relu(norm(x[:, 0])))
    torch.testing.assert_close(model(numbers, categories), expected)


@pytest.mark.parametrize("number_embedding", ["linear", "piecewise-linear", "periodic"])
def test_numbers_can_be_embedded_in_other_ways(number_embedding):
    config = FtTransformerConfig(2, (), 1, bins=((0.0, 1.0, 2.0),) * 2, width=8, num_heads=2, number_embedding=number_embedding)
    assert FtTransformer(config).tokens(torch.randn(4, 2)).shape == (4, 3, 8)


def test_tokens_cannot_be_plain_numbers():
    with pytest.raises(UnknownNameError, match="There is no number_embedding 'none'"):
        FtTransformerConfig(2, (), 1, number_embedding="none")


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(PlanError, match="width is 30, expected a multiple of num_heads, which is 4"):
        MODELS["ft-transformer-tiny"].build({"num_numbers": 2, "cardinalities": (), "num_outputs": 1}, {"width": 30})
