import pytest
import torch
from torch import nn

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError


def built(name="tcn-tiny", in_channels=3, num_outputs=2, **options):
    torch.manual_seed(0)
    return architectures()[name].build({"in_channels": in_channels, "num_outputs": num_outputs}, options)


def test_it_holds_about_seventy_thousand_weights_for_sequential_mnist():
    # Bai et al. 2018, table 1: TCN and its rivals have about 70 K weights there
    model = built("tcn", in_channels=1, num_outputs=10)
    assert sum(one.numel() for one in model.parameters()) == 66_910
    assert round(66_910, -4) == 70_000


def test_the_last_block_sees_as_far_back_as_the_paper_says():
    model, seen = built(kernel_size=3, depth=4).double().eval(), 1 + 2 * (3 - 1) * (2**4 - 1)
    series = torch.randn(1, 3, seen + 20, dtype=torch.float64, requires_grad=True)
    model(series).sum().backward()
    reached = series.grad.abs().sum(dim=1)[0].nonzero()[:, 0]
    assert reached.min() == 20
    assert reached.max() == seen + 19


def test_weights_are_normalized_with_a_length_of_their_own():
    layers = [layer for layer in built().modules() if hasattr(layer, "parametrizations")]
    assert len(layers) == 2 * 4
    weight = layers[0].weight.flatten(1).norm(dim=1)
    torch.testing.assert_close(weight, layers[0].parametrizations.weight.original0.flatten())


def test_a_block_is_two_convolutions_and_a_way_around():
    block = built(dropout=0.0).blocks[1]
    x = torch.randn(2, 12, 1, 9)
    first, second = (layer for layer in block.layers if isinstance(layer, nn.Conv2d))
    torch.testing.assert_close(block(x), torch.relu(torch.relu(second(torch.relu(first(x)))) + x))


def test_a_filter_of_one_step_is_refused():
    with pytest.raises(PlanError, match="kernel_size is 1, expected a whole number of at least 2"):
        built(kernel_size=1)
