import pytest
import torch

from espalier.models.layers.stochastic_depth import StochasticDepth, depth_schedule


def test_a_row_is_left_out_whole_or_scaled_up_whole():
    torch.manual_seed(0)
    output = StochasticDepth(0.25)(torch.ones(64, 3, 2, 2))
    rows = output.flatten(1)
    assert torch.equal(rows.amin(dim=1), rows.amax(dim=1))
    assert rows.unique().tolist() == pytest.approx([0.0, 1 / 0.75])


def test_the_mean_and_the_share_are_kept():
    torch.manual_seed(0)
    output = StochasticDepth(0.3)(torch.ones(20_000, 1))
    assert abs(output.mean() - 1) < 0.02
    assert abs((output == 0).float().mean() - 0.3) < 0.015


@pytest.mark.parametrize(("probability", "training"), [(0.0, True), (0.5, False)])
def test_nothing_is_left_out_in_use_or_at_probability_zero(probability, training):
    x = torch.randn(4, 3)
    assert StochasticDepth(probability).train(training)(x) is x


def test_the_type_of_the_correction_stays():
    assert StochasticDepth(0.5)(torch.ones(4, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_the_schedule_rises_in_equal_steps_from_zero():
    assert depth_schedule(0.5, 5) == pytest.approx([0.0, 0.125, 0.25, 0.375, 0.5])
    assert depth_schedule(0.5, 1) == [0.0]


def test_always_leaving_out_is_refused():
    with pytest.raises(ValueError, match="drop_path is 1, expected a fraction from 0 to below 1"):
        StochasticDepth(1)
