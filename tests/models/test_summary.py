import pytest
import torch
from torch import nn

from espalier.core.catalogue import architectures
from espalier.models.summary import LayerSummary, summary

GIVEN = {"num_numbers": 3, "cardinalities": (4, 80), "num_outputs": 2, "bins": ((0.0, 1.0, 2.0),) * 3}


def test_summary_names_each_layer_its_shape_and_its_parameters():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2, bias=False))
    assert summary(model, torch.zeros(5, 3)) == (
        LayerSummary("0", "Linear", (5, 4), 16),
        LayerSummary("1", "ReLU", (5, 4), 0),
        LayerSummary("2", "Linear", (5, 2), 8),
    )


@pytest.mark.parametrize("name", sorted(name for name, one in architectures().items() if one.reads == "table"))
def test_the_parameters_of_the_layers_sum_to_those_of_the_model(name):
    model = architectures()[name].build(GIVEN, {})
    layers = summary(model, torch.zeros(1, 3), torch.zeros(1, 2, dtype=torch.int64))
    assert sum(layer.num_parameters for layer in layers) == sum(one.numel() for one in model.parameters())


def test_the_model_is_left_as_it_was():
    model = architectures()["resnet-tabular-tiny"].build(GIVEN, {}).train()
    model.head[0].eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    summary(model, torch.ones(4, 3), torch.zeros(4, 2, dtype=torch.int64))
    assert model.training
    assert not model.head[0].training
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_layer_that_is_not_called_has_no_shape():
    class Partly(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.used(x)

    shapes = {layer.name: layer.output_shape for layer in summary(Partly(), torch.zeros(1, 2))}
    assert shapes == {"used": (1, 2), "unused": None}
