"""What every architecture for series keeps besides: padding that does nothing, other lengths, one channel, forecasts."""

import inspect

import pytest
import torch

from contracts.model_inputs import FORECASTS, ROWS, SERIES, build, given_to, loss_of, series, without_dropout
from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError, UnknownNameError
from espalier.models.layers.window_norm import NORMALIZATIONS

TASKS = {"forecasting", "anomaly"}
NAMES = sorted(name for name, one in architectures().items() if one.reads == "series")
TINY = [name for name in NAMES if name.endswith("-tiny")]


def has(name, field):
    return field in inspect.signature(architectures()[name].config).parameters


ONE_LENGTH = [name for name in TINY if has(name, "length")]
ANY_LENGTH = [name for name in TINY if not has(name, "length")]
FORECASTERS = [name for name in TINY if architectures()[name].only == ("forecasting",)]
NORMALIZING = [name for name in TINY if has(name, "normalize")]

tiny = pytest.mark.parametrize("name", TINY)
every = pytest.mark.parametrize("name", NAMES)


def rows_of_many_lengths(name):
    (rows,) = series(given_to(name))
    return rows, torch.tensor([24, 17, 9, 24, 5, 12, 1, 23])


def with_one_channel(name):
    given = given_to(name)
    one = {"in_channels": 1, "out_channels": 1, "num_outputs": {16: 8, 72: 24}.get(given["num_outputs"], 2)}
    return {**given, **{key: value for key, value in one.items() if key in given}}


@every
def test_it_answers_tasks_that_there_are(name):
    assert set(architectures()[name].only) <= TASKS


@tiny
def test_what_stands_beyond_the_end_of_a_series_does_not_change_its_answer(name):
    model = build(name).eval()
    rows, lengths = rows_of_many_lengths(name)
    beyond = torch.arange(24) >= lengths[:, None, None]
    answers = [model(torch.where(beyond, filling, rows), lengths) for filling in (0.0, 1000.0)]
    assert answers[0].isfinite().all()
    assert torch.equal(*answers)


@tiny
def test_what_stands_beyond_the_end_does_not_change_what_is_learnt(name):
    rows, lengths = rows_of_many_lengths(name)
    beyond = torch.arange(24) >= lengths[:, None, None]
    gradients = []
    for filling in (0.0, 1000.0):
        model = build(name, **without_dropout(name)).train()
        loss_of(model(torch.where(beyond, filling, rows), lengths)).backward()
        gradients.append([one.grad for one in model.parameters()])
    assert all(torch.equal(first, second) for first, second in zip(*gradients, strict=True))


@pytest.mark.parametrize("name", ANY_LENGTH)
def test_a_padded_series_is_answered_as_it_is_alone(name):
    model = build(name).eval()
    rows, lengths = rows_of_many_lengths(name)
    alone = torch.cat([model(row[None, :, :length]) for row, length in zip(rows, lengths.tolist(), strict=True)])
    torch.testing.assert_close(model(rows, lengths), alone, atol=1e-5, rtol=1e-5)


@tiny
def test_full_lengths_say_the_same_as_none(name):
    model = build(name).eval()
    (rows,) = series(given_to(name))
    torch.testing.assert_close(model(rows, torch.full((ROWS,), 24)), model(rows), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("name", ANY_LENGTH)
def test_series_of_another_length_go_through(name):
    model = build(name).eval()
    for length in (1, 7, 61):
        output = model(*series({**given_to(name), "length": length}))
        assert output.shape == (ROWS, given_to(name)["num_outputs"])
        assert output.isfinite().all()


@pytest.mark.parametrize("name", ONE_LENGTH)
def test_windows_of_another_length_than_it_was_built_for_are_refused(name):
    with pytest.raises(ValueError, match=r"the series have shape \(8, 3, 25\), expected \(B, 3, 24\)"):
        build(name)(*series({**given_to(name), "length": 25}))


@tiny
def test_other_channels_than_it_was_built_for_are_refused(name):
    with pytest.raises(ValueError, match=r"the series have shape \(8, 2, 24\), expected \(B, 3, "):
        build(name)(*series({**given_to(name), "in_channels": 2}))


@tiny
def test_lengths_that_cannot_be_are_refused(name):
    (rows,) = series(given_to(name))
    with pytest.raises(ValueError, match=r"lengths have shape \(2,\), expected \(8,\): one for each series"):
        build(name)(rows, torch.tensor([3, 4]))
    with pytest.raises(ValueError, match="the shortest series has 0 steps, expected at least 1"):
        build(name)(rows, torch.tensor([3, 4, 0, 1, 1, 1, 1, 1]))
    with pytest.raises(ValueError, match="the longest series has 25 steps, expected at most the 24 that are given"):
        build(name)(rows, torch.tensor([3, 4, 25, 1, 1, 1, 1, 1]))


@tiny
def test_one_channel_and_a_batch_of_one_row_go_through_training(name):
    given = with_one_channel(name)
    model = build(name, given).train()
    loss_of(model(*series(given, num_rows=1))).backward()
    output = model.eval()(*series(given))
    assert output.shape == (ROWS, given["num_outputs"])
    assert output.isfinite().all()


@every
def test_series_without_channels_are_refused(name):
    with pytest.raises(PlanError, match="in_channels is 0, expected a whole number of at least 1"):
        build(name, {**given_to(name), "in_channels": 0})


@tiny
def test_answers_are_in_a_sane_range_at_the_start(name):
    spread = build(name).train()(*series(given_to(name))).std().item()
    assert spread < 3


@pytest.mark.parametrize("name", FORECASTERS)
def test_a_forecast_that_does_not_fill_the_outputs_is_refused(name):
    with pytest.raises(
        PlanError, match="num_outputs is 7, expected out_channels x horizon x outputs_per_step, which is 2 x 4 x 2"
    ):
        build(name, {**FORECASTS, "num_outputs": 7})
    with pytest.raises(PlanError, match="out_channels is 4, expected at most in_channels, which is 3"):
        build(name, {**FORECASTS, "out_channels": 4, "num_outputs": 4 * 4 * 2})
    with pytest.raises(PlanError, match="horizon is 0, expected a whole number of at least 1"):
        build(name, {**FORECASTS, "horizon": 0})


@pytest.mark.parametrize("name", NORMALIZING)
def test_normalized_forecasts_follow_the_level_of_their_window(name):
    for normalize in NORMALIZATIONS[1:]:
        model = build(name, FORECASTS, normalize=normalize).eval()
        (rows,) = series(FORECASTS)
        raised = rows + torch.tensor([100.0, -50.0, 7.0])[:, None]
        risen = (model(raised) - model(rows)).view(ROWS, 2, 4, 2)  # laid out as (V, H, Q)
        torch.testing.assert_close(risen[:, 0], torch.full((ROWS, 4, 2), 100.0), atol=2e-3, rtol=1e-4)
        torch.testing.assert_close(risen[:, 1], torch.full((ROWS, 4, 2), -50.0), atol=2e-3, rtol=1e-4)


@pytest.mark.parametrize("name", NORMALIZING)
def test_normalized_forecasts_stretch_with_the_spread_of_their_window(name):
    model = build(name, FORECASTS, normalize="window", output_roles=("level", "log_scale")).eval()
    (rows,) = series(FORECASTS)
    before, after = (model(one).view(ROWS, 2, 4, 2) for one in (rows, 10 * rows))
    torch.testing.assert_close(after[..., 0], 10 * before[..., 0], atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(after[..., 1], before[..., 1] + torch.tensor(10.0).log(), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", NORMALIZING)
def test_an_unknown_normalization_is_answered_with_the_nearest(name):
    with pytest.raises(UnknownNameError, match="no normalize 'windows'. Did you mean 'window'"):
        build(name, normalize="windows")


@pytest.mark.parametrize("name", [name for name in NORMALIZING if not architectures()[name].only])
def test_normalization_without_a_forecast_gives_nothing_back(name):
    model = build(name, SERIES, normalize="window").eval()
    (rows,) = series(SERIES)
    torch.testing.assert_close(model(rows + 100.0), model(rows), atol=1e-3, rtol=1e-3)
