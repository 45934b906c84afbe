"""`espalier inspect` of series and of windows."""

import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from espalier.app.cli.main import launch

STREAM = np.random.default_rng(0)


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    start, num = datetime(2024, 1, 1), 240
    times = pl.datetime_range(start, start + timedelta(hours=num - 1), "1h", eager=True)
    values = np.sin(np.arange(num) * np.pi / 12) + 0.1 * STREAM.normal(size=num)
    frame = pl.DataFrame({"time": times, "load": values, "hall": STREAM.normal(size=num)})
    path = tmp_path / "load.csv"
    frame[[row for row in range(num) if row != 100]].write_csv(path)
    return str(path)


@pytest.fixture
def windows(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    path = tmp_path / "windows.npz"
    np.savez(path, x=STREAM.normal(size=(60, 3, 20)).astype(np.float32), y=np.array(["walk", "run"] * 30))
    return str(path)


def printed(capsys, *words):
    code = launch(["inspect", *words])
    return code, capsys.readouterr().out


def test_with_a_horizon_the_series_is_described_and_the_next_command_asks_for_it(load, capsys):
    code, said = printed(capsys, load, "--target", "load", "--horizon", "6")
    assert "1 series of 239 steps, hourly, from 2024-01-01 to 2024-01-10 23:00:00." in said
    assert "1 stamp is missing in 1 gap (before line 102)." in said
    assert "'load' repeats itself every 24 steps (a day)" in said
    assert "Question: forecasting" in said
    assert f"espalier train {load} --target load --horizon 6" in said
    assert code == 0


def test_without_a_horizon_a_table_of_even_steps_is_said_to_be_ready_for_a_forecast(load, capsys):
    said = printed(capsys, load, "--target", "load")[1]
    assert (
        "By 'time' the rows are hourly steps: what comes next can be forecast, for example --target load --horizon 12." in said
    )


def test_a_table_without_a_time_is_not_offered_a_forecast(tmp_path, capsys):
    pl.DataFrame({"x": STREAM.normal(size=80), "y": STREAM.normal(size=80)}).write_csv(tmp_path / "t.csv")
    assert "forecast" not in printed(capsys, str(tmp_path / "t.csv"), "--target", "y")[1]


def test_rows_of_one_day_that_nothing_tells_apart_are_no_series(tmp_path, capsys):
    days = np.datetime64("2024-01-01") + np.arange(40).repeat(5)
    frame = pl.DataFrame({"day": days, "price": STREAM.normal(size=200)})
    frame.write_csv(tmp_path / "sales.csv")
    assert "forecast" not in printed(capsys, str(tmp_path / "sales.csv"), "--target", "price")[1]


def test_asked_for_as_series_a_table_is_described_and_the_next_command_names_a_horizon(load, capsys):
    said = printed(capsys, load, "--set", "data.kind=series")[1]
    assert "1 series of 239 steps" in said
    assert "--target COLUMN --horizon STEPS" in said


def test_windows_are_described_with_their_classes(windows, capsys):
    said = printed(capsys, windows)[1]
    assert "60 windows of 20 steps and 3 channels." in said
    assert "2 classes: 'walk' 30, 'run' 30." in said or "2 classes: 'run' 30, 'walk' 30." in said


def test_json_holds_the_survey_and_its_sentences(windows, load, capsys):
    found = json.loads(printed(capsys, windows, "--json")[1])["series"]
    assert (found["num_windows"], found["channels"], found["sentences"][0]) == (
        60,
        3,
        "60 windows of 20 steps and 3 channels.",
    )
    found = json.loads(printed(capsys, load, "--target", "load", "--horizon", "6", "--json")[1])["series"]
    assert found["gaps"]["missing"] == 1
    assert json.loads(printed(capsys, load, "--target", "load", "--json")[1])["series"] is None


def test_a_horizon_that_is_no_whole_number_is_refused(load, capsys):
    assert launch(["inspect", load, "--horizon", "soon"]) == 2
    assert "--horizon is 'soon'; expected a whole number" in capsys.readouterr().err
