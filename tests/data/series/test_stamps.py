from datetime import datetime, timedelta

import numpy as np
import pytest

from espalier.core.timeline import Timeline
from espalier.data.describe.describe import describe
from espalier.data.parse import parse
from espalier.data.read import read
from espalier.data.series.frequency import DAY, HOUR, MINUTE, duration, find_frequency, steps_between, usual_seasons
from espalier.data.series.stamps import look_at_stamps
from espalier.data.series.timeline import make_timeline
from hours import local_hours
from real_data import data_file


def micros(*moments):
    return np.array([(moment - datetime(1970, 1, 1)) // timedelta(microseconds=1) for moment in moments])


def every(step, num, start="2024-01-01"):
    first = int(np.datetime64(start, "us").astype(np.int64))
    return first + np.arange(num) * step


def looked_at(times, rows=None):
    times = np.asarray(times)
    rows = np.arange(2, len(times) + 2) if rows is None else np.asarray(rows)
    order = np.lexsort((rows, times))
    values = np.zeros((len(times), 1), np.float32)
    return look_at_stamps(Timeline(values, ("x",), np.array([0, len(times)]), ("",), times[order], rows[order]), 0)


@pytest.mark.parametrize(
    ("times", "name"),
    [
        (every(HOUR, 50), "hourly"),
        (every(30 * MINUTE, 50), "every 30 minutes"),
        (every(DAY, 50), "daily"),
        (every(7 * DAY, 50), "weekly"),
        (micros(*(datetime(2000 + n // 12, n % 12 + 1, 1) for n in range(30))), "monthly"),
        (micros(*(datetime(2000 + n // 12, n % 12 + 1, 1) - timedelta(days=1) for n in range(30))), "monthly"),
        (micros(*(datetime(2000 + n // 4, 3 * (n % 4) + 1, 1) for n in range(30))), "quarterly"),
        (micros(*(datetime(2000 + n, 1, 1) for n in range(30))), "yearly"),
        (every(DAY, 60)[[n for n in range(60) if n % 7 < 5]], "business daily"),
        (np.cumsum(np.random.default_rng(0).exponential(HOUR, 50).astype(np.int64)), "irregular"),
        (every(5 * MINUTE, 50) + np.random.default_rng(0).integers(-4_000_000, 4_000_000, 50), "about every 5 minutes"),
        (every(HOUR, 1), "irregular"),
    ],
)
def test_frequencies_are_named(times, name):
    assert find_frequency(times).name == name


def test_steps_are_counted_in_months_and_business_days_too():
    months = micros(datetime(2024, 1, 31), datetime(2024, 2, 29), datetime(2024, 5, 31), datetime(2024, 6, 30))
    assert steps_between(months, find_frequency(months)).tolist() == [1, 3, 1]
    days = every(DAY, 60)[[n for n in range(60) if n % 7 < 5 and n not in (9, 10)]]
    assert np.flatnonzero(steps_between(days, find_frequency(days)) > 1).tolist() == [6]


def test_the_seasons_of_the_calendar_follow_from_the_frequency():
    assert usual_seasons(find_frequency(every(30 * MINUTE, 9))) == (48, 336, 17_520)
    assert usual_seasons(find_frequency(every(DAY, 9))) == (7, 365)
    assert usual_seasons(find_frequency(every(7 * DAY, 9))) == (52,)
    assert duration(36 * HOUR) == "1.5 days"
    assert duration(HOUR) == "1 hour"


def test_whole_stamps_in_order_have_nothing_to_tell():
    found = looked_at(every(HOUR, 100))
    assert (found.gaps.count, found.doubled.count, found.disordered.count, found.off_grid.count) == (0, 0, 0, 0)
    assert found.stretches == ()


def test_gaps_are_counted_and_named_by_the_row_behind_them():
    found = looked_at(np.delete(every(HOUR, 100), [10, 50, 51, 52, 53]))
    assert (found.gaps.count, found.gaps.missing, found.gaps.longest) == (2, 5, 4)
    assert found.gaps.rows == (12, 51)
    assert found.gaps.longest_row == 51


def test_doubled_stamps_are_named():
    times = np.sort(np.concatenate([every(HOUR, 50), every(HOUR, 50)[[7, 7, 20]]]))
    found = looked_at(times)
    assert (found.doubled.count, found.doubled.rows) == (3, (10, 11, 25))
    assert found.gaps.count == 0


def test_disorder_is_named_and_a_reversed_table_is_told_apart():
    times = every(HOUR, 30)
    times[[4, 5]] = times[[5, 4]]
    found = looked_at(times)
    assert (found.disordered.count, found.disordered.rows, found.is_reversed) == (1, (7,), False)
    found = looked_at(every(HOUR, 30)[::-1])
    assert (found.disordered.count, found.is_reversed) == (0, True)


def test_stamps_off_the_grid_are_named():
    times = every(HOUR, 40)
    times[20] += 17 * MINUTE
    assert looked_at(times).off_grid.rows == (22, 23)


def test_mixed_frequencies_are_told_with_where_they_begin():
    times = np.concatenate([every(HOUR, 48), every(DAY, 40, "2024-01-03")])
    found = looked_at(times)
    assert [(one.name, one.row) for one in found.stretches] == [("hourly", 2), ("daily", 50)]
    assert found.gaps.count == 0


def test_the_hours_of_daylight_saving_are_no_gaps_and_no_doubles():
    times = local_hours(datetime(2022, 1, 1), datetime(2023, 12, 31), "Europe/Berlin")
    found = looked_at(times)
    assert (found.hours_lost.count, found.hours_doubled.count) == (2, 2)
    assert (found.gaps.count, found.doubled.count) == (0, 0)
    quarters = (times[:, None] + np.arange(4) * 15 * MINUTE).reshape(-1)
    found = looked_at(quarters)
    assert (found.hours_lost.count, found.hours_doubled.count) == (2, 2)
    assert (found.gaps.count, found.doubled.count, found.disordered.count) == (0, 0, 0)


def test_one_lost_hour_alone_is_a_gap():
    times = local_hours(datetime(2022, 1, 1), datetime(2022, 9, 1), "America/New_York")
    found = looked_at(times)
    assert (found.hours_lost.count, found.gaps.count) == (0, 1)


@pytest.mark.parametrize(
    ("file", "column", "name", "num_gaps"),
    [
        ("airline_passengers/airline-passengers.csv.gz", "Passengers", "monthly", 0),
        ("daily_min_temperatures/daily-min-temperatures.csv.gz", "Temp", "daily", 2),
        ("netflix_stock/NFLX.csv.gz", "Close", "business daily", 45),
        ("etth1/ETTh1.csv.gz", "OT", "hourly", 0),
        ("nab/nyc_taxi.csv.gz", "value", "every 30 minutes", 0),
        ("nab/ambient_temperature_system_failure.csv.gz", "value", "hourly", 10),
    ],
)
def test_real_series_have_the_stamps_that_they_are_known_for(file, column, name, num_gaps):
    records = read(data_file(file))
    schema, _ = describe(records)
    found = look_at_stamps(make_timeline(parse(records, schema).records, schema, [column]), 0)
    assert found.frequency.name == name
    assert found.gaps.count == num_gaps
