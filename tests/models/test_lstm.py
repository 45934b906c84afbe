import pytest
import torch
from torch import nn

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError

GIVEN = {"in_channels": 3, "num_outputs": 2}


def built(name="lstm-tiny", **options):
    torch.manual_seed(0)
    return architectures()[name].build(GIVEN, options)


def test_the_default_says_what_two_layers_of_torch_say():
    model = built("lstm")
    body, head = nn.LSTM(3, 128, num_layers=2), nn.Linear(128, 2)
    for number in range(2):
        for key, weights in model.recurrent.ahead[number].named_parameters():
            getattr(body, key.replace("l0", f"l{number}")).data.copy_(weights)
    head.load_state_dict(model.head.state_dict())
    series = torch.randn(4, 3, 11)
    torch.testing.assert_close(model(series), head(body(series.permute(2, 0, 1))[0][-1]))
    weights = sum(one.numel() for one in model.parameters())
    assert weights == sum(one.numel() for one in (*body.parameters(), *head.parameters()))


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_every_form_answers_padded_series_as_they_are_alone(pooling, bidirectional):
    model = built(pooling=pooling, bidirectional=bidirectional, depth=2).eval()
    series = torch.randn(2, 3, 9)
    padded = model(torch.cat([series, torch.randn(2, 3, 4)], dim=2), torch.tensor([9, 9]))
    torch.testing.assert_close(padded, model(series))


def test_a_gradient_reaches_the_first_of_many_steps():
    series = torch.randn(1, 3, 200, requires_grad=True)
    built("lstm", depth=1)(series).sum().backward()
    sizes = series.grad.norm(dim=1)[0]
    assert sizes[0] > 1e-12 * sizes[-1]


@pytest.mark.parametrize("option", ["bidirectional", "variational"])
def test_what_is_neither_true_nor_false_is_refused(option):
    with pytest.raises(PlanError, match=f"{option} is 'yes', expected true or false"):
        built(**{option: "yes"})
