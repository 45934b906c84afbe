"""What a table knows of its series or its windows, and that windows that share steps stay on one side."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from espalier import process
from espalier.core.schema import Role
from espalier.data.series.survey import SeriesSurvey
from espalier.data.series.told import from_mapping, told
from espalier.data.series.windows_survey import WindowsSurvey
from espalier.stages.parts import deal_parts, read_part
from espalier.stages.table import load_planned, load_table

STREAM = np.random.default_rng(0)
FORECAST = {"prepare.forecast.horizon": 6}


def save(path, windows):
    labels = np.array(["a", "b"] * len(windows))[: len(windows)]
    np.savez(path, x=np.stack(windows).astype(np.float32), y=labels)
    return path


def noise(num=60):
    return STREAM.normal(size=(num, 2, 30))


def cut(num_recordings=20, step=15):
    walks = STREAM.normal(size=(num_recordings, 2, 120)).cumsum(axis=2)
    return [walk[:, first : first + 30] for walk in walks for first in range(0, 90, step)]


def parts_of(plan, table):
    splits = deal_parts(plan, table, None)[1][0]
    return [set(one.rows.tolist()) for one in (splits.train.records, splits.valid, splits.test.hidden)]


def test_equal_windows_are_dealt_into_one_part(tmp_path):
    windows = noise()
    draft = process.draft(save(tmp_path / "w.npz", [*windows, *windows[:30]]))
    assert isinstance(draft.table.series, WindowsSurvey)
    assert draft.table.series.alike.count == 30
    assert all({row, row + 60} <= part or not {row, row + 60} & part
               for part in parts_of(draft.plan, draft.table) for row in range(1, 31))  # fmt: skip


def test_windows_of_one_recording_are_dealt_into_one_part(tmp_path):
    draft = process.draft(save(tmp_path / "w.npz", cut()))
    assert (draft.plan.split.method, draft.plan.split.column) == ("group", "series.recording")
    assert draft.table.schema.columns["series.recording"].role is Role.GROUP
    recordings = [{(row - 1) // 6 for row in part} for part in parts_of(draft.plan, draft.table)]
    assert sum(map(len, recordings)) == len(set.union(*recordings)) == 20
    assert load_planned(draft.plan).series == draft.table.series


@pytest.mark.parametrize(("train", "test"), [(cut, noise), (noise, cut)])
def test_a_part_of_its_own_has_the_marks_of_the_training_windows(tmp_path, train, test):
    learnt = list(train())
    judged = [learnt[0], *test()]
    source, other = save(tmp_path / "w.npz", learnt), save(tmp_path / "t.npz", judged)
    draft = process.draft(source, changes={"data.test": str(other)})
    records = read_part(draft.plan, "test")
    assert records.frame.columns == draft.table.records.frame.columns
    assert records.frame["series.alike"][0] == draft.table.records.frame["series.alike"][0]
    findings = process.inspect(source, changes={"data.test": str(other)}).findings
    assert "S01-rows-in-two-parts" in [one.id for one in findings]


def series(path, num=200):
    start = datetime(2024, 1, 1)
    times = pl.datetime_range(start, start + timedelta(hours=num - 1), "1h", eager=True)
    frame = pl.DataFrame({"time": times, "load": np.sin(np.arange(num) * np.pi / 12) + 0.1 * STREAM.normal(size=num)})
    frame.write_csv(path)
    return path


def test_a_forecast_knows_its_series_and_a_plan_finds_the_same(tmp_path):
    draft = process.draft(series(tmp_path / "s.csv"), target=["load"], changes=FORECAST)
    found = draft.table.series
    assert isinstance(found, SeriesSurvey)
    assert found.season == 24
    assert load_planned(draft.plan).series == found
    assert from_mapping(found.to_mapping()) == found
    assert told(found, "s.csv")[0].startswith("1 series of 200 steps, hourly")


def test_a_table_that_is_not_asked_to_be_a_series_is_none(tmp_path):
    source = series(tmp_path / "s.csv")
    assert load_table(source, target=["load"]).series is None
    assert isinstance(load_table(source, changes={"data.kind": "series"}).series, SeriesSurvey)


def test_columns_that_name_the_series_of_a_long_table_become_groups(tmp_path):
    frame = pl.read_csv(series(tmp_path / "s.csv"))
    both = pl.concat([frame.with_columns(house=pl.lit(name)) for name in ("north", "south")])
    both.write_csv(tmp_path / "long.csv")
    table = load_table(tmp_path / "long.csv", target=["load"], changes=FORECAST)
    assert table.schema.columns["house"].role is Role.GROUP
    assert table.records.timeline.ids == ("north", "south")
    assert table.series.num_series == 2
