import torch
import torch.nn.functional as F

from espalier.models.resnet_tabular import ResnetTabular, ResnetTabularConfig


def test_parameters_are_those_published_less_the_biases_that_batch_norm_cancels():
    config = ResnetTabularConfig(8, (), 1, width=168, depth=3, hidden_factor=2.98304144273798)
    published, cancelled = 510_040, (1 + 3) * 168  # the authors' tuned model for California housing; stem and each block
    assert sum(one.numel() for one in ResnetTabular(config).parameters()) == published - cancelled


def test_resnet_is_the_sum_of_its_blocks_line_by_line():
    model = ResnetTabular(ResnetTabularConfig(3, (), 2, width=6, depth=2))
    model(torch.randn(50, 3))  # running statistics that are not 0 and 1
    model.eval()
    x = torch.randn(4, 3)

    def normed(norm, value):
        return (value - norm.running_mean) / (norm.running_var + norm.eps).sqrt() * norm.weight + norm.bias

    expected = x @ model.stem.weight.T
    for norm, first, _, _, second, _ in model.blocks:
        expected = expected + F.relu(first(normed(norm, expected))) @ second.weight.T
    norm, _, head = model.head
    torch.testing.assert_close(model(x), head(F.relu(normed(norm, expected))))


def test_a_bias_before_the_norms_would_change_nothing():
    model, x = ResnetTabular(ResnetTabularConfig(3, (), 2, width=6, depth=2, dropout=0.0)), torch.randn(9, 3)
    before = model(x)
    model.stem.bias = torch.nn.Parameter(torch.randn(6))
    torch.testing.assert_close(model(x), before, atol=1e-5, rtol=1e-4)
