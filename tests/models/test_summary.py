import pytest
import torch
import torch.nn.functional as F
from torch import nn

from contracts.model_inputs import build, inputs_of
from espalier.core.catalogue import architectures
from espalier.models.summary import LayerSummary, summary

GIVEN = {"num_numbers": 3, "cardinalities": (4, 80), "num_outputs": 2, "bins": ((0.0, 1.0, 2.0),) * 3}
PICTURES = {"in_channels": 3, "num_outputs": 2, "image_size": (224, 224)}
SMALL = sorted(name for name, one in architectures().items() if one.reads == "table" or name.endswith("-tiny"))


def built(name):
    """A model of the catalogue with what it reads; those for pictures hold no numbers."""
    if architectures()[name].reads == "table":
        return architectures()[name].build(GIVEN, {}), (torch.zeros(1, 3), torch.zeros(1, 2, dtype=torch.int64))
    if architectures()[name].reads in ("series", "fusion"):
        return build(name), inputs_of(name, num_rows=1)
    with torch.device("meta"):
        return architectures()[name].build(PICTURES, {}), (torch.zeros(1, 3, 224, 224),)


def fields_of(model, *size):
    """The receptive field behind each layer of a model, for a picture of this size."""
    with torch.device("meta"):
        return [layer.receptive_field for layer in summary(model.to("meta"), torch.zeros(1, 3, *size))]


def conv(in_channels, out_channels, kernel_size=3, **rest):
    return nn.Conv2d(in_channels, out_channels, kernel_size, **rest)


class Residual(nn.Module):
    """Two convolutions of 3 x 3 beside one of 1 x 1; all of stride 2 in the first layer."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = conv(3, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(4)
        self.second, self.shortcut = conv(4, 4, padding=1, bias=False), conv(3, 4, 1, stride=2)
        self.after = conv(4, 4, padding=1)

    def forward(self, x):
        return self.after(F.relu(self.second(self.norm(self.first(x))) + self.shortcut(x)))


def test_summary_names_each_layer_its_shape_its_parameters_and_its_cost():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2, bias=False))
    assert summary(model, torch.zeros(5, 3)) == (
        LayerSummary("0", "Linear", (5, 4), 16, num_flops=2 * 5 * 3 * 4),
        LayerSummary("1", "ReLU", (5, 4), 0, num_flops=5 * 4),
        LayerSummary("2", "Linear", (5, 2), 8, num_flops=2 * 5 * 4 * 2),
    )


def test_windows_are_told_along_each_axis():
    model = nn.Sequential(conv(3, 4, (3, 5), stride=2, padding=(1, 2)), nn.MaxPool2d(2), conv(4, 4, padding="same", dilation=2))
    told = [(one.kernel_size, one.stride, one.padding) for one in summary(model, torch.zeros(1, 3, 16, 16))]
    assert told == [((3, 5), (2, 2), (1, 2)), ((2, 2), (2, 2), (0, 0)), ((3, 3), (1, 1), (2, 2))]


def test_the_cost_of_a_residual_block_agrees_with_the_count_by_hand():
    layers = {layer.name: layer.num_flops for layer in summary(Residual(), torch.zeros(2, 3, 8, 8))}
    places = 2 * 4 * 4  # rows, height, width behind the stride
    assert layers == {
        "": places * 4,  # the activation that the block itself calls
        "first": 2 * places * 4 * 9 * 3,
        "norm": places * 4,
        "second": 2 * places * 4 * 9 * 4,
        "shortcut": 2 * places * 4 * 3,
        "after": 2 * places * 4 * 9 * 4,
    }


def test_a_convolution_by_groups_costs_its_share():
    (whole,), (grouped,) = (summary(conv(8, 8, groups=groups), torch.zeros(1, 8, 5, 5)) for groups in (1, 4))
    assert grouped.num_flops * 4 == whole.num_flops == 2 * 9 * 8 * 8 * 9


@pytest.mark.parametrize(("layer", "gates", "activations"), [(nn.LSTM, 4, 5), (nn.GRU, 3, 3), (nn.RNN, 1, 1)])
def test_a_recurrent_layer_costs_its_products_and_activations_at_every_step(layer, gates, activations):
    (told,) = summary(layer(3, 5), torch.zeros(7, 2, 3))
    assert told.num_flops == 7 * 2 * (2 * gates * 5 * (3 + 5) + 5 * activations)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_the_products_of_attention_count_however_they_are_made(device):
    class Attention(nn.Module):
        def __init__(self, fused):
            super().__init__()
            self.fused = fused

        def forward(self, tokens):
            if self.fused:
                return F.scaled_dot_product_attention(tokens, tokens, tokens)
            return (tokens @ tokens.transpose(-1, -2)).softmax(-1) @ tokens

    tokens = torch.zeros(2, 3, 5, 4, device=device)  # rows, heads, tokens, width of a head
    costs = [summary(Attention(fused), tokens)[0].num_flops for fused in (False, True)]
    assert costs == [2 * 2 * 3 * 5 * 5 * (4 + 4)] * 2


@pytest.mark.parametrize("name", SMALL)
def test_the_parameters_of_the_layers_sum_to_those_of_the_model(name):
    model, inputs = built(name)
    layers = summary(model, *inputs)
    assert sum(layer.num_parameters for layer in layers) == sum(one.numel() for one in model.parameters())
    assert sum(layer.num_flops for layer in layers) > 0


def test_the_receptive_field_of_alexnet_and_vgg_is_the_published_one():
    wide = [conv(3, 2, 11, stride=4, padding=2), nn.MaxPool2d(3, 2), conv(2, 2, 5, padding=2), nn.MaxPool2d(3, 2)]
    alexnet = nn.Sequential(*wide, *(conv(2, 2, padding=1) for _ in range(3)), nn.MaxPool2d(3, 2))
    stages = (nn.Sequential(*(conv(3, 3, padding=1) for _ in range(count)), nn.MaxPool2d(2)) for count in (2, 2, 3, 3, 3))
    assert fields_of(alexnet, 224, 224)[-1] == (195, 195)
    assert fields_of(nn.Sequential(*stages), 224, 224)[-1] == (212, 212)


def test_the_receptive_field_of_branches_is_that_of_the_widest():
    assert [one.receptive_field for one in summary(Residual(), torch.zeros(1, 3, 16, 16))] == [
        *((11, 11), (3, 3), (3, 3), (7, 7), (1, 1), (11, 11)),
    ]


def test_the_receptive_field_is_what_a_change_of_one_value_shows():
    model = nn.Sequential(conv(3, 4, (3, 5), stride=(2, 1), dilation=(1, 2)), nn.AvgPool2d((2, 3), 1), conv(4, 1, (1, 3)))
    image = torch.rand(1, 3, 24, 24, requires_grad=True)
    model(image)[0, 0, 3, 3].backward()
    rows, columns = (image.grad.abs().sum(dim=(0, 1)) > 0).nonzero().unbind(dim=1)
    seen = (int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1)
    assert summary(model, image.detach())[-1].receptive_field == seen == (5, 13)


def test_the_receptive_field_survives_turned_axes_cuts_and_gates():
    class Turned(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.norm, self.mix, self.last = conv(3, 4), nn.LayerNorm(4), nn.Linear(4, 4), conv(4, 4)

        def forward(self, x):
            x = self.mix(self.norm(self.first(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
            return self.last(F.pad(x[:, :, ::2, ::2], (1, 1, 1, 1)) * x.mean(dim=(2, 3), keepdim=True).sigmoid())

    assert [one.receptive_field for one in summary(Turned(), torch.zeros(1, 3, 9, 9)) if one.kind == "Conv2d"] == [
        (3, 3),
        (7, 7),
    ]


def test_nothing_is_said_of_the_receptive_field_behind_a_global_pool():
    model = nn.Sequential(conv(3, 4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    assert fields_of(model, 8, 8) == [(3, 3), None, None, None]


def test_a_layer_called_twice_costs_twice():
    model = nn.Sequential(nn.Linear(2, 2, bias=False))
    model.append(model[0])
    assert [layer.num_flops for layer in summary(model, torch.zeros(1, 2))] == [16]


def test_the_model_is_left_as_it_was():
    model = architectures()["resnet-tabular-tiny"].build(GIVEN, {}).train()
    model.head[0].eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    summary(model, torch.ones(4, 3), torch.zeros(4, 2, dtype=torch.int64))
    assert model.training
    assert not model.head[0].training
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_layer_that_is_not_called_has_no_shape():
    class Partly(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.used(x)

    shapes = {layer.name: layer.output_shape for layer in summary(Partly(), torch.zeros(1, 2))}
    assert shapes == {"used": (1, 2), "unused": None}
