import torch

from espalier.core.catalogue import architectures


def built(num_channels=7, in_channels=7, length=96, horizon=720, **options):
    torch.manual_seed(0)
    given = {"in_channels": in_channels, "length": length, "out_channels": num_channels, "horizon": horizon}
    return architectures()["nlinear"].build({**given, "outputs_per_step": 1, "num_outputs": num_channels * horizon}, options)


def test_it_holds_half_the_weights_of_dlinear():
    assert sum(one.numel() for one in built().parameters()) == 96 * 720 + 720 == 139_680 // 2


def test_the_forecast_is_the_last_value_and_a_linear_map_of_the_changes():
    model, series = built(length=20, horizon=5), torch.randn(3, 7, 20)
    last = series[:, :, -1:]
    torch.testing.assert_close(model(series).view(3, 7, 5), model.linear(series - last) + last)


def test_the_mean_and_the_deviation_can_be_taken_away_instead():
    model, series = built(length=20, horizon=5, normalize="window"), torch.randn(3, 7, 20)
    mean, deviation = series.mean(dim=2, keepdim=True), (series.var(dim=2, correction=0, keepdim=True) + 1e-5).sqrt()
    expected = model.linear((series - mean) / deviation) * deviation + mean
    torch.testing.assert_close(model(series).view(3, 7, 5), expected)


def test_channels_that_are_not_forecast_can_move_a_forecast():
    model, series = built(num_channels=1, in_channels=2, length=20, horizon=5), torch.randn(3, 2, 20)
    before = model(series)
    model.covariates.linear.weight.data.normal_()
    assert model(series).shape == before.shape == (3, 5)
    assert not torch.allclose(model(series), before)
