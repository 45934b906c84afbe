"""Statistics of windows: each as its definition says, lengths and gaps left out."""

import numpy as np
import pytest

from espalier.data.prepare.window_statistics import NAMES, window_statistics


def statistics_of(*series, lengths=None):
    values, names = window_statistics(np.array([[one] for one in series], dtype=float), lengths)
    return [dict(zip([name.removeprefix("channel 0 ") for name in names], row, strict=True)) for row in values]


def test_numbers_by_hand():
    (one,) = statistics_of([1.0, 3.0, 2.0, 6.0])
    assert (one["mean"], one["least"], one["greatest"], one["median"]) == (3, 1, 6, 2.5)
    assert one["standard deviation"] == pytest.approx(np.std([1, 3, 2, 6]))
    assert (one["lower quartile"], one["upper quartile"]) == (1.75, 3.75)
    assert one["slope"] == pytest.approx(np.polyfit(range(4), [1, 3, 2, 6], 1)[0])
    assert one["energy"] == pytest.approx((1 + 9 + 4 + 36) / 4)
    assert one["crossings"] == pytest.approx(1 / 3)
    assert one["autocorrelation"] == pytest.approx((-2 * 0 + 0 * -1 + -1 * 3) / (4 + 0 + 1 + 9))


@pytest.mark.parametrize("cycles", [3, 10, 40])
def test_the_dominant_frequency_is_that_of_the_wave(cycles):
    steps = np.arange(120)
    (one,) = statistics_of(5 + np.sin(2 * np.pi * cycles * steps / 120) + 0.3 * np.sin(2 * np.pi * 55 * steps / 120))
    assert one["dominant frequency"] == pytest.approx(cycles / 120)


def test_steps_beyond_the_length_and_gaps_do_not_count():
    short = statistics_of([4.0, 1.0, 3.0])[0]
    padded, gapped, front = statistics_of(
        [4.0, 1.0, 3.0, 0.0, 0.0],
        [4.0, np.nan, 1.0, 3.0, np.nan],
        [np.nan, np.nan, 4.0, 1.0, 3.0],
        lengths=np.array([3, 5, 5]),
    )
    assert short == padded == gapped == front


def test_channels_stand_one_after_the_other():
    values, names = window_statistics(np.array([[[1.0, 1.0], [2.0, 4.0]]]), None)
    assert values.shape == (1, 2 * len(NAMES)) == (1, len(names))
    assert names[len(NAMES)] == "channel 1 mean"
    assert values[0, len(NAMES)] == 3


def test_constant_single_and_unknown_channels_give_finite_numbers():
    constant, single, unknown = statistics_of([2.0, 2.0], [7.0, np.nan], [np.nan, np.nan])
    assert (constant["autocorrelation"], constant["dominant frequency"], constant["crossings"]) == (0, 0, 0)
    assert (single["mean"], single["slope"], single["standard deviation"]) == (7, 0, 0)
    assert set(unknown.values()) == {0}
