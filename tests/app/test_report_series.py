"""What the report shows of series and of windows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from espalier import process
from espalier.app.report.charts.lanes import lanes
from espalier.app.report.sections.seasons import about_series

STREAM = np.random.default_rng(0)


@dataclass
class Known:
    """The facts that the part of the report reads."""

    run: object
    records: object
    series: object
    train_rows: tuple = ()
    kind: str = "classes"


def known(source, target=(), changes=None):
    draft = process.draft(source, target=target, changes=changes)
    run = SimpleNamespace(plan=draft.plan, schema=draft.plan.schema)
    return Known(run, draft.table.records, draft.table.series)


def test_windows_are_shown_for_each_class_and_channels_beyond_twelve_are_counted(tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, x=STREAM.normal(size=(40, 15, 20)).astype(np.float32), y=np.array(["run", "walk"] * 20))
    about = about_series(known(path))
    assert [group.name for group in about.groups] == ["run", "walk"]
    assert [len(group.shown) for group in about.groups] == [4, 4]
    assert about.num_channels == (12, 15)
    assert about.groups[0].shown[0].count("<path") == 12
    assert about.sentences[0] == "40 windows of 20 steps and 15 channels."


def test_missing_values_break_a_line_and_short_windows_end_early():
    steps = np.array([[0.0], [1.0], [np.nan], [1.0], [0.0]])
    drawn = lanes(steps, [(0.0, 1.0)], 9, "a window")
    commands = drawn.split('d="')[1].split('"')[0]
    assert commands.count("M") == 2
    assert commands.split("L")[-1].startswith("500.0 ")


@pytest.fixture
def hourly(tmp_path):
    num = 24 * 12
    start = datetime(2024, 1, 1, 5)
    times = pl.datetime_range(start, start + timedelta(hours=num - 1), "1h", eager=True)
    clock = (np.arange(num) + 5) % 24
    values = np.where(clock == 18, 10.0, 0.0) + 0.05 * np.arange(num) + 0.1 * STREAM.normal(size=num)
    pl.DataFrame({"time": times, "load": values}).write_csv(tmp_path / "s.csv")
    return tmp_path / "s.csv"


def test_a_season_of_a_day_is_shown_by_the_hour_of_the_clock(hourly):
    about = about_series(known(hourly, ["load"], {"prepare.forecast.horizon": 6}))
    assert len(about.seasons) == 1
    said = about.seasons[0][1]
    assert said.startswith("'load' over its season of 24 steps (a day)")
    assert "Highest at 18" in said
    assert said.endswith("(hour of the day).")


def test_without_the_rows_sentences_alone_are_told(hourly):
    facts = known(hourly, ["load"], {"prepare.forecast.horizon": 6})
    facts.records = None
    about = about_series(facts)
    assert about.sentences
    assert about.seasons == ()


def test_a_table_that_is_no_series_shows_nothing(hourly):
    assert about_series(known(hourly, ["load"])) is None
