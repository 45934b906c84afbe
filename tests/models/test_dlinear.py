import pytest
import torch
from torch.nn.functional import avg_pool1d

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError


def built(name="dlinear", num_channels=7, length=96, horizon=720, in_channels=7, **options):
    torch.manual_seed(0)
    given = {
        "in_channels": in_channels,
        "length": length,
        "out_channels": num_channels,
        "horizon": horizon,
        "outputs_per_step": 1,
        "num_outputs": num_channels * horizon,
    }
    return architectures()[name].build(given, options)


def test_the_number_of_weights_is_the_published_one():
    # Zeng et al. 2022, table 8: 139.7 K for a look-back of 96 and a horizon of 720, whatever the number of channels
    for channels in (1, 7):
        model = built(num_channels=channels, in_channels=channels)
        assert sum(one.numel() for one in model.parameters()) == 139_680


def test_the_forecast_is_the_sum_of_two_linear_maps_of_trend_and_rest():
    model = built(length=40, horizon=5)
    series = torch.randn(3, 7, 40)
    repeated = torch.cat([series[:, :, :1].expand(-1, -1, 12), series, series[:, :, -1:].expand(-1, -1, 12)], dim=2)
    trend = avg_pool1d(repeated, 25, stride=1)
    expected = model.trend_linear(trend) + model.rest_linear(series - trend)
    torch.testing.assert_close(model(series).view(3, 7, 5), expected)


def test_a_line_is_all_trend():
    model = built(num_channels=1, in_channels=1, kernel_size=5, length=20)
    line = torch.arange(20.0).view(1, 1, 20)
    torch.testing.assert_close(model.trend(line)[:, :, 2:-2], line[:, :, 2:-2])


def test_channels_that_are_not_forecast_can_move_a_forecast_and_do_not_at_first():
    model = built(num_channels=2, length=30, horizon=4, in_channels=5)
    series, other = torch.randn(3, 5, 30), torch.randn(3, 3, 30)
    changed = torch.cat([series[:, :2], other], dim=1)
    torch.testing.assert_close(model(series), model(changed))
    model(series).square().sum().backward()
    assert model.covariates.linear.weight.grad.abs().min() > 0
    model.covariates.linear.weight.data.normal_()
    assert not torch.allclose(model(series), model(changed))


def test_a_moving_average_over_an_even_number_of_steps_is_refused():
    with pytest.raises(PlanError, match="kernel_size is 24, expected an odd number"):
        built(kernel_size=24)
