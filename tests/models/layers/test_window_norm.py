import pytest
import torch

from espalier.core.errors import UnknownNameError
from espalier.models.layers.window_norm import WindowNorm

SERIES = torch.tensor([[[1.0, 3.0, 5.0, 100.0], [2.0, 2.0, 2.0, 100.0]]])  # two channels of three steps, and padding
VALID = torch.tensor([[True, True, True, False]])


def test_the_last_own_value_is_taken_away_and_padding_becomes_zero():
    series, level = WindowNorm("last")(SERIES, VALID)
    assert series.tolist() == [[[-4.0, -2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]
    assert level.centre.flatten().tolist() == [5.0, 2.0]
    assert level.scale.flatten().tolist() == [1.0, 1.0]


def test_mean_and_deviation_of_the_own_steps_are_taken_away():
    series, level = WindowNorm("window")(SERIES, VALID)
    spread = (8 / 3 + 1e-5) ** 0.5
    torch.testing.assert_close(series[0, 0], torch.tensor([-2 / spread, 0.0, 2 / spread, 0.0]))
    torch.testing.assert_close(level.scale.flatten(), torch.tensor([spread, 1e-5**0.5]))
    whole, _ = WindowNorm("window")(SERIES[:, :, :3])
    torch.testing.assert_close(series[:, :, :3], whole)


def test_a_constant_window_stays_finite():
    series, level = WindowNorm("window", out_channels=1, horizon=2)(torch.full((1, 1, 5), 7.0))
    assert not series.any()
    assert level.scale.min() > 0


def test_nothing_is_taken_away_when_nothing_is_asked():
    norm = WindowNorm("none", out_channels=1, horizon=2)
    series, level = norm(SERIES, VALID)
    assert level is None
    assert series[0, :, 3].tolist() == [0.0, 0.0]
    outputs = torch.randn(1, 2)
    assert norm.give_back(outputs, level) is outputs
    assert norm.alike(outputs, level) is outputs


def test_each_number_of_a_step_is_given_back_by_its_role():
    norm = WindowNorm("window", out_channels=2, horizon=1, roles=("level", "log_scale", "shape"))
    _, level = norm(torch.tensor([[[1.0, 3.0], [10.0, 30.0], [5.0, 5.0]]]))
    given_back = norm.give_back(torch.ones(1, 6), level).view(2, 3)
    expected = torch.tensor([[3.0, 1.0, 1.0], [30.0, 1.0 + torch.tensor(10.0).log(), 1.0]])
    torch.testing.assert_close(given_back, expected, atol=1e-4, rtol=1e-4)


def test_values_are_brought_to_the_level_and_back():
    norm = WindowNorm("window", out_channels=1, horizon=4)
    _, level = norm(torch.randn(3, 2, 9) * 5 + 20)
    future = torch.randn(3, 1, 4) * 5 + 20
    torch.testing.assert_close(norm.give_back(norm.alike(future, level).flatten(1), level), future.flatten(1))


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no normalize 'lasst'. Did you mean 'last'"):
        WindowNorm("lasst")
    with pytest.raises(UnknownNameError, match="no output role 'levels'. Did you mean 'level'"):
        WindowNorm("last", roles=("levels",))
