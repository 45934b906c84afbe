import json
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from espalier.core.records import Records
from espalier.core.schema import Column, Kind, Role
from espalier.core.timeline import Timeline
from espalier.data.describe.describe import describe
from espalier.data.parse import parse
from espalier.data.read import read
from espalier.data.series.frequency import DAY, HOUR
from espalier.data.series.survey import from_mapping, survey_series
from espalier.data.series.timeline import make_timeline, variables_of
from espalier.data.series.words import sentences_of, zone_of
from hours import local_hours
from real_data import data_file

START = int(np.datetime64("2024-01-01", "us").astype(np.int64))
NOISE = np.random.default_rng(0)


def timeline(values, places=None, *, starts=None, ids=("",), step=HOUR, names=None):
    values = np.asarray(values, np.float32).reshape(len(values), -1)
    places = np.arange(len(values)) if places is None else np.asarray(places)
    names = names or tuple(f"x{n}" for n in range(values.shape[1]))
    starts = np.array([0, len(values)] if starts is None else starts)
    return Timeline(values, names, starts, ids, places * step + START, np.arange(2, len(values) + 2))


def told(line, source="a.csv", **more):
    found = survey_series(line, **more)
    assert from_mapping(json.loads(json.dumps(found.to_mapping()))) == found
    return sentences_of(found, source)


def test_a_whole_noisy_series_has_little_to_tell():
    assert told(timeline(NOISE.normal(size=300))) == (
        "1 series of 300 steps, hourly, from 2024-01-01 to 2024-01-13 11:00:00.",
        "No season was found in 'x0'.",
        "The values of 'x0' come back to a level.",
    )


def test_gaps_doubles_and_disorder_are_told_with_their_lines():
    places = np.delete(np.arange(100), [10, 50, 51])
    places[[80, 81]] = places[[81, 80]]
    places[90] = places[89]
    order = np.lexsort((np.arange(97), places))
    line = timeline(NOISE.normal(size=97), places[order])
    line = Timeline(line.values, line.names, line.starts, line.ids, line.times, order + 2)
    found = told(line)
    assert "4 stamps are missing in 3 gaps, the longest of 2 steps before line 51 (before lines 12, 51, 93)." in found
    assert "1 line has the same stamp as another: line 92." in found
    assert "1 line stands out of order: line 83. All are put in order of time." in found


def test_a_reversed_table_and_rows_that_are_no_lines_are_told():
    line = timeline(NOISE.normal(size=50))
    line = Timeline(line.values, line.names, line.starts, line.ids, line.times, line.rows[::-1].copy())
    assert "The rows stand from the latest to the earliest; they are put in order of time." in told(line)
    line = timeline(NOISE.normal(size=50), [0, 0, *range(1, 49)])
    assert "1 row has the same stamp as another: row 3." in told(line, "a.parquet")


def test_mixed_and_irregular_frequencies_are_told():
    line = timeline(NOISE.normal(size=88), [*range(48), *range(48, 48 + 40 * 24, 24)])
    assert any(
        "The frequency is mixed: hourly from line 2 on (55%), then daily from line 50 on (45%)." in one for one in told(line)
    )
    line = timeline(NOISE.normal(size=60), np.cumsum(NOISE.integers(1, 900, 60)))
    assert any(one.startswith("The stamps follow no frequency") for one in told(line))


def test_lost_and_doubled_hours_are_told_as_a_clock_that_shifts():
    times = local_hours(datetime(2022, 1, 1), datetime(2023, 12, 31), "Europe/Berlin")
    line = timeline(NOISE.normal(size=len(times)))
    line = Timeline(line.values, line.names, line.starts, line.ids, times, line.rows)
    assert any("daylight saving): 2 lost and 2 doubled hours" in one for one in told(line))


def test_missing_runs_empty_and_constant_variables_are_told():
    values = NOISE.normal(size=(60, 3))
    values[10:14, 0] = values[30, 0] = np.nan
    values[:, 1], values[:, 2] = np.nan, 7
    found = told(timeline(values))
    assert "'x0' is missing in 5 steps (8.3%), at most 4 in a row (lines 12 to 15)." in found
    assert "'x1' holds no value: nothing can be learnt from it. Leave it out." in found
    assert "'x2' never changes: nothing can be learnt from it. Leave it out." in found


def test_a_run_does_not_go_on_into_the_next_series():
    values = NOISE.normal(size=60)
    values[26:33] = np.nan
    (found,) = survey_series(timeline(values, [*range(30)] * 2, starts=[0, 30, 60], ids=("a", "b"))).variables
    assert (found.missing, found.longest, found.longest_rows) == (7, 4, (28, 31))


def test_series_are_told_by_name_where_they_hold_nothing():
    values = NOISE.normal(size=90)
    values[30:60] = 5
    found = told(timeline(values, [*range(30)] * 3, starts=[0, 30, 60, 90], ids=("a", "b", "c")))
    assert found[0].startswith("3 series of 30 steps each, hourly")
    assert "'x0' never changes in 1 of 3 series (among 'b')." in found


def test_seasons_trends_and_random_walks_are_told():
    steps = np.arange(600)
    daily = np.sin(2 * np.pi * steps / 24) + NOISE.normal(size=600) / 4
    values = np.stack([daily, daily * 2 + NOISE.normal(size=600), NOISE.normal(size=600).cumsum(), daily / 9 + steps / 30], 1)
    line = timeline(values, names=("a", "b", "walk", "up"))
    found = "\n".join(told(line))
    assert [survey_series(line).season_of(name) for name in ("a", "walk")] == [24, 1]
    assert "'a', 'b' and 'up' repeat themselves every 24 steps (a day), with a strength of" in found
    assert "No season was found in 'walk'." in found
    assert "'walk' moves like a random walk: the past does not tell the next change" in found
    assert "The values of 'up' come back to a straight trend." in found


def test_the_usual_season_is_the_period_that_most_series_have():
    steps = np.arange(24 * 12)
    values = np.concatenate([np.sin(2 * np.pi * steps / 24), np.sin(2 * np.pi * steps / 24) * 3, NOISE.normal(size=len(steps))])
    found = survey_series(timeline(values, [*steps] * 3, starts=[0, 288, 576, 864], ids=tuple("abc")))
    assert found.season == 24
    assert found.variables[0].seasons[0].fraction == pytest.approx(2 / 3)


def test_zones_are_told():
    assert "read as UTC" in zone_of(Column(Kind.DATE, Role.TIME, format="%Y-%m-%d %H:%M%z"))
    assert "read as UTC" in zone_of(Column(Kind.DATE, Role.TIME), ["Parquet", "column 'at' was turned to UTC time"])
    assert zone_of(Column(Kind.DATE, Role.TIME, format="%Y-%m-%d")) == ""


def test_columns_that_only_date_the_rows_are_no_variables():
    days = pl.datetime_range(datetime(2023, 12, 1), datetime(2024, 1, 30), "1d", eager=True)
    parts = {"No": range(1, 62), "year": days.dt.year(), "month": days.dt.month(), "day": days.dt.day()}
    frame = pl.DataFrame({**parts, "x": NOISE.normal(size=61), "wind": ["N", "S", "W", "E"] * 15 + ["N"]})
    records = Records(frame, np.arange(2, 63), "a.csv")
    schema, _ = describe(records)
    assert variables_of(parse(records, schema).records, schema) == ("x",)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("daily_min_temperatures/daily-min-temperatures.csv.gz", "'Temp' repeats itself every 365 steps (a year)"),
        (
            "beijing_pm25/pollution.csv.gz",
            "'pm2.5' is missing in 2,067 steps (4.7%), at most 155 in a row (lines 6,319 to 6,473)",
        ),
        ("netflix_stock/NFLX.csv.gz", "45 weekdays are missing, as holidays are"),
        ("sunspots/monthly-sunspots.csv.gz", "'Sunspots' comes again after about 125 steps, but not steadily"),
        ("nab/nyc_taxi.csv.gz", "'value' repeats itself every 336 steps (a week)"),
    ],
)
def test_real_series_are_told_as_they_are_known(file, sentence):
    records = read(data_file(file))
    schema, _ = describe(records)
    records = parse(records, schema).records
    line = make_timeline(records, schema, variables_of(records, schema))
    assert any(one.startswith(sentence) for one in told(line, file))


def test_daily_stamps_of_months_with_a_gap_are_counted_in_days():
    assert any(
        "1 stamp is missing in 1 gap (before line 22)" in one
        for one in told(timeline(np.ones(40), [*range(20), *range(21, 41)], step=DAY))
    )
