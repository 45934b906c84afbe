"""The three networks for windows with a class that Fawaz et al. compare: cnn1d (FCN), resnet1d and inception-time."""

import pytest
import torch
from torch import nn

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError

# Trainable weights without the last layer, one channel: Ismail-Fawaz et al. 2023, "LITE: Light Inception with boosTing
# tEchniques" (DSAA). Those of the first two count the biases of convolutions, which ours do not have.
PUBLISHED = {"cnn1d": 264_704, "resnet1d": 504_000, "inception-time": 420_192}
BIASES = {"cnn1d": 128 + 256 + 128, "resnet1d": 4 * 64 + 4 * 128 + 3 * 128, "inception-time": 0}


def built(name, in_channels=1, **options):
    torch.manual_seed(0)
    return architectures()[name].build({"in_channels": in_channels, "num_outputs": 2}, options)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_number_of_weights_is_the_published_one(name):
    model = built(name)
    body = sum(one.numel() for one in model.parameters()) - sum(one.numel() for one in model.head.parameters())
    assert body == PUBLISHED[name] - BIASES[name]


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
def test_every_pooling_answers_padded_series_as_they_are_alone(name, pooling):
    model = built(f"{name}-tiny", in_channels=2, pooling=pooling).train()
    series = torch.randn(3, 2, 15)
    model(series)  # statistics of the norms
    model.eval()
    padded = torch.cat([series, torch.full((3, 2, 6), 50.0)], dim=2)
    torch.testing.assert_close(model(padded, torch.full((3,), 15)), model(series), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_running_statistics_do_not_count_padding(name):
    series, padding = torch.randn(3, 2, 15), torch.full((3, 2, 30), 50.0)
    models = [built(f"{name}-tiny", in_channels=2).train() for _ in range(2)]
    models[0](series)
    models[1](torch.cat([series, padding], dim=2), torch.full((3,), 15))
    for one, other in zip(models[0].buffers(), models[1].buffers(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def test_filters_of_a_module_have_the_length_a_half_and_a_quarter():
    module = built("inception-time").groups[1].modules_in_order[0]
    assert [look.kernel_size for look in module.filters] == [(1, 40), (1, 20), (1, 10)]
    assert module.bottleneck.out_channels == 32
    assert isinstance(built("inception-time").groups[0].modules_in_order[0].bottleneck, nn.Identity)


def test_a_group_of_fewer_than_three_modules_has_no_shortcut():
    groups = built("inception-time-tiny", depth=5).groups
    assert [len(group.modules_in_order) for group in groups] == [3, 2]
    assert [group.shortcut is None for group in groups] == [False, True]


def test_the_widths_of_the_plain_network_are_those_of_the_paper():
    assert [layer.conv.out_channels for layer in built("cnn1d").layers] == [128, 256, 128]
    assert [layer.conv.kernel_size[1] for layer in built("cnn1d").layers] == [8, 5, 3]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cnn1d", {"kernel_sizes": []}, r"kernel_sizes is \(\), expected a list of steps"),
        ("cnn1d", {"kernel_sizes": [8, 0]}, "a number of kernel_sizes is 0, expected a whole number of at least 1"),
        ("inception-time", {"kernel_size": 3}, "kernel_size is 3, expected a whole number of at least 4"),
    ],
)
def test_filters_that_cannot_be_are_refused(name, options, message):
    with pytest.raises(PlanError, match=message):
        built(name, **options)
