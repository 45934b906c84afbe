"""Scores of a panel: the M4 competition's, by hand and, where the hourly series are at hand, as the organisers printed them."""

import gzip

import numpy as np
import pytest

from espalier.evaluation.metrics.forecasts import PanelScores, panel_scores
from espalier.evaluation.metrics.naive2 import is_seasonal, naive2, seasonal_indices
from real_data import data_file


def test_owa_is_the_mean_of_both_ratios():
    assert PanelScores(0.1, 1.0).owa(PanelScores(0.2, 1.25)) == pytest.approx((0.5 + 0.8) / 2)


def test_a_panel_by_hand():
    train = [np.array([1.0, 2.0, 4.0]), np.array([10.0, 10.0, 40.0, 20.0])]
    target, forecast = np.array([[4.0, 6.0], [20.0, 10.0]]), np.array([[4.0, 4.0], [20.0, 20.0]])
    scores = panel_scores(target, forecast, train, season=1)
    assert scores.smape == pytest.approx((0 + 2 * 2 / 10 + 0 + 2 * 10 / 30) / 4)
    assert scores.mase == pytest.approx((2 / 1.5 / 2 + 10 / (50 / 3) / 2) / 2)


def test_naive2_takes_out_a_season_that_multiplies():
    train = np.linspace(100, 200, 40) * np.tile([0.5, 1.0, 1.5, 1.0], 10)
    assert is_seasonal(train, 4)
    np.testing.assert_allclose(seasonal_indices(train, 4), [0.5, 1.0, 1.5, 1.0], rtol=0.03)
    path = naive2(train, 6, 4)
    np.testing.assert_allclose(path, 200 * np.array([0.5, 1.0, 1.5, 1.0, 0.5, 1.0]), rtol=0.03)


@pytest.mark.parametrize(
    "train",
    [np.random.default_rng(0).normal(9, 1, 60), np.tile([1.0, 2.0, 3.0, 4.0], 2), np.ones(40)],
    ids=["noise", "two seasons only", "constant"],
)
def test_without_a_season_naive2_is_naive(train):
    assert naive2(train, 3, 4).tolist() == [train[-1]] * 3


def panel(name):
    """The rows of a file of the competition, without their blanks."""
    with gzip.open(data_file(f"m4_hourly/{name}"), "rt") as file:
        rows = [line.rstrip("\n").split(",")[1:] for line in file][1:]
    return [np.array([float(cell.strip('"')) for cell in row if cell.strip('"') not in ("", "NA")]) for row in rows]


def test_the_hourly_series_give_the_numbers_that_the_organisers_printed():
    train, target = panel("Hourly-train.csv.gz"), np.stack(panel("Hourly-test.csv.gz"))
    assert target.shape == (414, 48)
    second = panel_scores(target, np.stack([naive2(one, 48, 24) for one in train]), train, 24)
    assert (round(100 * second.smape, 3), round(second.mase, 3)) == (18.383, 2.395)
    seasonal = panel_scores(target, np.stack([np.resize(one[-24:], 48) for one in train]), train, 24)
    assert (round(100 * seasonal.smape, 3), round(seasonal.mase, 3)) == (13.912, 1.193)
    assert seasonal.owa(second) == pytest.approx(0.627, abs=0.001)
