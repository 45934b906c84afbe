import pytest
import torch
import torch.nn.functional as F

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError


def built(name="nhits-tiny", num_channels=2, in_channels=2, length=24, horizon=8, outputs_per_step=1, **options):
    torch.manual_seed(0)
    given = {"in_channels": in_channels, "length": length, "out_channels": num_channels, "horizon": horizon}
    sizes = {"outputs_per_step": outputs_per_step, "num_outputs": num_channels * horizon * outputs_per_step}
    return architectures()[name].build({**given, **sizes}, options)


def test_blocks_explain_the_window_one_after_another_and_their_forecasts_are_summed():
    model, series = built(num_channels=1, in_channels=1), torch.randn(3, 1, 24)
    rest, total = (series - series[:, :, -1:])[:, 0], series[:, 0, -1:]
    for block, pool_size, num_knots in zip(model.blocks, (2, 2, 1), (2, 4, 8), strict=True):
        hidden = block.hidden(F.max_pool1d(rest, pool_size))
        numbers = block.knots(hidden)
        explained, knots = numbers[:, :-num_knots], numbers[:, -num_knots:]
        total = total + F.interpolate(knots[:, None], size=8, mode="linear")[:, 0]
        rest = rest - explained if explained.shape[1] else rest
    torch.testing.assert_close(model(series), total)


def test_a_stack_answers_with_fewer_numbers_than_the_horizon():
    assert [block.num_knots for block in built(horizon=96).blocks] == [24, 48, 96]
    assert [block.num_knots for block in built(horizon=1).blocks] == [1, 1, 1]


def test_channels_that_are_not_forecast_are_read():
    model, series = built(num_channels=1, in_channels=3), torch.randn(3, 3, 24)
    changed = torch.cat([series[:, :1], torch.randn(3, 2, 24)], dim=1)
    assert not torch.allclose(model(series), model(changed))


def test_numbers_of_one_step_stand_side_by_side():
    model, series = built(outputs_per_step=3), torch.randn(2, 2, 24)
    block = model.blocks[2]
    block.knots.weight.data.zero_()
    block.knots.bias.data.copy_(torch.arange(24.0))
    for other in model.blocks[:2]:
        other.knots.weight.data.zero_()
        other.knots.bias.data.zero_()
    forecast = model(series).view(2, 2, 8, 3) - series[:, :, -1, None, None]
    torch.testing.assert_close(forecast[0, 0], torch.arange(24.0).view(3, 8).T)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pool_sizes": [2, 1]}, "pool_sizes has 2 stacks and steps_per_knot 3: give both the same"),
        ({"pool_sizes": [2, 0, 1]}, "a number of pool_sizes is 0, expected a whole number of at least 1"),
        ({"steps_per_knot": 4}, "steps_per_knot is 4, expected a list with a number for each stack"),
    ],
)
def test_stacks_that_do_not_fit_are_refused(options, message):
    with pytest.raises(PlanError, match=message):
        built(**options)
