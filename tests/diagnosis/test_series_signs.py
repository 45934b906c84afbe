"""Signs of series and windows, looked for in files."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from espalier import process

STREAM = np.random.default_rng(0)


@pytest.fixture
def cut(tmp_path):
    """Return windows cut out of 24 recordings, half of each under the next one."""
    walks = STREAM.normal(size=(24, 2, 300)).cumsum(axis=2)
    windows = np.stack([walk[:, first : first + 60] for walk in walks for first in range(0, 240, 30)])
    labels = np.repeat(np.where(STREAM.random(24) < 0.5, "a", "b"), 8)
    np.savez(tmp_path / "cut.npz", x=windows.astype(np.float32), y=labels)
    return tmp_path / "cut.npz"


def found(source, target=(), **changes):
    return {one.id[:3]: one for one in process.inspect(source, target=target, changes=changes).findings}


def test_windows_that_share_steps_are_kept_apart_unless_a_person_deals_them_out(cut):
    assert not {"S12", "S03"} & found(cut).keys()
    torn = found(cut, **{"split.method": "stratified"})
    assert "S03" not in torn
    sign = torn["S12"]
    assert sign.evidence["score_with_leak"] > sign.evidence["score_without_leak"]
    assert not {"S12", "S03"} & found(cut, **sign.repairs[0].changes).keys()


def hourly(path, kept=slice(None), num=300):
    start = datetime(2024, 1, 1)
    times = pl.datetime_range(start, start + timedelta(hours=num - 1), "1h", eager=True)
    slow = STREAM.normal(size=num).cumsum()
    pl.DataFrame({"time": times, "load": slow, "hall": slow + STREAM.normal(size=num)})[kept].write_csv(path)
    return path


def test_steps_dealt_out_at_random_are_a_leak_of_time_and_those_of_a_forecast_are_not(tmp_path):
    source = hourly(tmp_path / "s.csv")
    assert "S06" in found(source, ["load"], **{"split.method": "random"})
    assert "S06" not in found(source, ["load"], **{"prepare.forecast.horizon": 6})


def test_lost_and_doubled_steps_of_a_forecast_are_named_by_their_lines(tmp_path):
    kept = [row for row in range(300) if row not in (100, 101)]
    signs = found(hourly(tmp_path / "s.csv", [*kept[:50], 49, *kept[50:]]), ["load"], **{"prepare.forecast.horizon": 6})
    assert "2 steps of a series with hourly steps (0.7%) are not there, in 1 gap" in signs["D27"].sentence
    assert "1 row has the stamp of an earlier row (line 52)" in signs["D28"].sentence


def test_a_healthy_forecast_has_no_signs_of_series(tmp_path):
    signs = found(hourly(tmp_path / "s.csv", num=600), ["load"], **{"prepare.forecast.horizon": 6})
    assert not {"D27", "D28", "D29", "D30", "D31", "D32"} & signs.keys()
