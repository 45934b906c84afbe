"""The rules for forecasts: season, look-back, scaling, model and loss follow from the series, each with its reason."""

import numpy as np
import polars as pl
import pytest

from espalier import process


def drafted(path, columns, **changes):
    num = len(next(iter(columns.values())))
    dates = pl.datetime_range(
        pl.datetime(2020, 1, 1), pl.datetime(2020, 1, 1).dt.offset_by(f"{num - 1}d"), "1d", eager=True
    ).dt.strftime("%Y-%m-%d")
    pl.DataFrame({"day": dates, **columns}).write_csv(path)
    return process.draft(str(path), target=("sold",), changes={"prepare.forecast.horizon": 7, **changes}).plan


def noise(num, seed=0):
    return np.random.default_rng(seed).normal(size=num)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sold.csv"


def test_a_level_series_without_a_season_is_looked_at_far_back(path):
    plan = drafted(path, {"sold": noise(600).round(3)})
    assert plan.model.name == "dlinear"
    assert plan.prepare.forecast.season == 1
    assert plan.prepare.forecast.look_back == 96
    assert "no season says how far back" in plan.reasons["prepare.forecast.look_back"]


def test_a_season_says_how_far_back_is_looked(path):
    week = 10 * np.sin(2 * np.pi * np.arange(600) / 7)
    plan = drafted(path, {"sold": (week + noise(600)).round(3)})
    assert (plan.prepare.forecast.season, plan.prepare.forecast.look_back) == (7, 14)


@pytest.mark.parametrize("level", [0.5 * np.arange(600), np.cumsum(noise(600, 3)) * 3], ids=["a trend", "a level that wanders"])
def test_where_the_level_moves_changes_are_forecast(path, level):
    plan = drafted(path, {"sold": (level + 0.1 * noise(600)).round(3)})
    assert plan.model.name == "nlinear"
    assert "the level of the series moves" in plan.reasons["model.name"]


def test_a_short_series_gives_more_of_its_steps_to_the_later_parts(path):
    plan = drafted(path, {"sold": noise(100).round(3)})
    assert (plan.split.train, plan.split.valid, plan.split.test) == (0.6, 0.2, 0.2)
    assert plan.prepare.forecast.look_back == 25
    assert plan.split.gap == 7


def test_shops_of_different_sizes_are_scaled_by_their_windows_and_learn_absolute_errors(tmp_path):
    days = pl.datetime_range(pl.datetime(2020, 1, 1), pl.datetime(2020, 7, 18), "1d", eager=True).dt.strftime("%Y-%m-%d")
    parts = [
        pl.DataFrame({"shop": f"shop {size}", "day": days, "sold": (size * (10 + noise(len(days), size))).round(3)})
        for size in (1, 50)
    ]
    pl.concat(parts).write_csv(tmp_path / "shops.csv")
    changes = {"prepare.forecast.horizon": 7, "schema.columns.shop.role": "group"}
    plan = process.draft(str(tmp_path / "shops.csv"), target=("sold",), changes=changes).plan
    assert plan.prepare.forecast.scale == "window"
    assert plan.model.name == "nhits"
    assert plan.task.options == {"loss": "mae"}
    asked = process.draft(str(tmp_path / "shops.csv"), target=("sold",), changes={**changes, "task.options.loss": "huber"}).plan
    assert asked.task.options == {"loss": "huber"}


def test_what_a_person_asked_for_stays(path):
    plan = drafted(path, {"sold": noise(300).round(3)}, **{"prepare.forecast.look_back": 10, "model.name": "lstm-tiny"})
    assert plan.prepare.forecast.look_back == 10
    assert plan.model.name == "lstm-tiny"


def test_columns_that_are_no_numbers_are_left_out_with_the_reason(path):
    words = np.where(noise(300, 5) > 0, "rain", "sun")
    plan = drafted(path, {"sold": noise(300).round(3), "weather": words})
    assert plan.schema.columns["weather"].role == "ignored"
    assert plan.reasons["schema.columns.weather.role"] == "a forecast reads numbers alone"
