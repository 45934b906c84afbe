"""Dates are found however they are written; the order of day and month is decided by the cells, and said."""

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
import pytest

from espalier.core.records import Records
from espalier.core.schema import Kind, Role
from espalier.data.describe.dates import find_pattern, read_dates
from espalier.data.describe.describe import describe

DAYS = [date(2020, 1, 1) + timedelta(int(day)) for day in np.random.default_rng(0).integers(0, 700, 60)]


def describe_frame(columns):
    frame = pl.DataFrame(columns, strict=False)
    return describe(Records(frame, np.arange(2, len(frame) + 2), "made.csv"))[0].columns


@pytest.mark.parametrize(
    ("cell", "pattern", "moment"),
    [
        ("2024-03-01", "%Y-%m-%d", datetime(2024, 3, 1)),
        ("2024-3-1", "%Y-%m-%d", datetime(2024, 3, 1)),
        ("2024/03/01", "%Y/%m/%d", datetime(2024, 3, 1)),
        ("2024.03.01", "%Y.%m.%d", datetime(2024, 3, 1)),
        ("2024. 3. 1.", "%Y. %m. %d.", datetime(2024, 3, 1)),
        ("2024년 3월 1일", "%Y년 %m월 %d일", datetime(2024, 3, 1)),
        ("2024년 3월", "%Y년 %m월", datetime(2024, 3, 1)),
        ("2024년 3월 1일 10시 30분", "%Y년 %m월 %d일 %H시 %M분", datetime(2024, 3, 1, 10, 30)),
        ("2024-03-01 오후 3:20", "%Y-%m-%d %p %I:%M", datetime(2024, 3, 1, 15, 20)),
        ("2024-03-01 10:05:07", "%Y-%m-%d %H:%M:%S", datetime(2024, 3, 1, 10, 5, 7)),
        ("2024-03-01T10:05:07.250", "%Y-%m-%dT%H:%M:%S%.f", datetime(2024, 3, 1, 10, 5, 7, 250_000)),
        ("2024-03-01T10:05:07Z", "%Y-%m-%dT%H:%M:%S%z", datetime(2024, 3, 1, 10, 5, 7)),
        ("2024-03-01 10:05:07 +09:00", "%Y-%m-%d %H:%M:%S%z", datetime(2024, 3, 1, 1, 5, 7)),
        ("13/3/2024", "%d/%m/%Y", datetime(2024, 3, 13)),
        ("3/13/2024 1:05 PM", "%m/%d/%Y %I:%M %p", datetime(2024, 3, 13, 13, 5)),
        ("13.3.24", "%d.%m.%y", datetime(2024, 3, 13)),
        ("1 Mar 2024", "%d %B %Y", datetime(2024, 3, 1)),
        ("01-Mar-24", "%d-%B-%y", datetime(2024, 3, 1)),
        ("March 1, 2024", "%B %d, %Y", datetime(2024, 3, 1)),
        ("1949-03", "%Y-%m", datetime(1949, 3, 1)),
        ("Mar 2024", "%B %Y", datetime(2024, 3, 1)),
        ("20240301", "%Y%m%d", datetime(2024, 3, 1)),
        ("09:30", "%H:%M", datetime(1970, 1, 1, 9, 30)),
    ],
)
def test_every_way_of_writing_a_date_is_read(cell, pattern, moment):
    found = find_pattern(pl.Series("when", [cell, cell]))
    assert found.name == pattern
    assert read_dates(pl.Series("when", [f" {cell} ", None]), pattern).values.to_list() == [moment, None]


@pytest.mark.parametrize("cell", ["1.2.3", "010-1234-5678", "2024-13-01", "31/31/2024", "12:75", "a 1", "3/4", "1-2"])
def test_what_is_no_date_is_not_made_one(cell):
    assert find_pattern(pl.Series("when", [cell, cell])) is None


@pytest.mark.parametrize(("written", "pattern"), [("%d/%m/%Y", "%d/%m/%Y"), ("%m/%d/%Y", "%m/%d/%Y")])
def test_a_day_above_twelve_decides_the_order_of_day_and_month(written, pattern):
    column = describe_frame({"seen": [day.strftime(written) for day in DAYS]})["seen"]
    assert (column.kind, column.format) == (Kind.DATE, pattern)
    assert "any other order leaves more cells unread" in column.reason
    assert f"dates from {min(DAYS)} to {max(DAYS)}" in column.reason


def test_rows_in_order_of_time_decide_the_order_of_day_and_month():
    days = [date(2024, month, day) for month in (1, 2, 3) for day in (2, 5, 11)]
    for written in ("%d/%m/%Y", "%m/%d/%Y"):
        column = describe_frame({"seen": [day.strftime(written) for day in days]})["seen"]
        assert column.format == written
        assert "so read, the rows are in order of time" in column.reason


def test_a_two_digit_year_is_told_from_the_day_by_what_goes_up_to_31():
    days = [date(2001 + number % 15, 1 + number % 12, 1 + number % 28) for number in range(300)]
    column = describe_frame({"seen": [day.strftime("%y.%m.%d") for day in days]})["seen"]
    assert column.format == "%y.%m.%d"
    assert "so read, the days go up highest" in column.reason


def test_an_order_that_no_cell_tells_is_said_to_be_a_convention():
    column = describe_frame({"seen": ["5/2/2024", "2/3/2024", "1/1/2024", "7/7/2024"]})["seen"]
    assert column.format == "%m/%d/%Y"
    assert "by convention only: no cell tells day from month; if wrong, set its format to '%d/%m/%Y'" in column.reason


def test_cells_that_are_no_dates_are_counted_and_empty_dates_are_missing():
    cells = [day.isoformat() for day in DAYS]
    cells[3], cells[4], cells[5] = "soon", "0000-00-00", "N/A"
    column = describe_frame({"seen": cells})["seen"]
    assert column.missing == ("0000-00-00", "N/A")
    assert "1 cell is no date and counts as missing, such as 'soon'" in column.reason


def test_dates_that_stand_for_no_end_are_missing_and_impossible_years_are_unread():
    cells = [day.isoformat() for day in DAYS]
    cells[3], cells[4] = "9999-12-31", "0024-01-05"
    column = describe_frame({"seen": cells})["seen"]
    assert column.missing == ("9999-12-31",)
    assert f"58 of 60 cells are dates from {min(DAYS)}" in column.reason
    assert "such as '0024-01-05'" in column.reason


@pytest.mark.parametrize(
    ("name", "values", "pattern"),
    [
        ("created_at", [1_700_000_000 + 60 * row for row in range(30)], "%s"),
        ("event_time", [1_700_000_000_000 + 60 * row for row in range(30)], "%s%3f"),
        ("ymd", [20_240_101 + row % 28 for row in range(30)], "%Y%m%d"),
        ("기준년월", [202_401 + row % 12 for row in range(30)], "%Y%m"),
    ],
)
def test_numbers_that_count_or_write_dates_are_dates_where_that_is_plausible(name, values, pattern):
    column = describe_frame({name: values})[name]
    assert (column.kind, column.format) == (Kind.DATE, pattern)


@pytest.mark.parametrize(
    ("name", "values"),
    [("amount", [1_700_000_000 + 60 * row for row in range(30)]), ("x", [20_241_301 + row for row in range(30)])],
)
def test_numbers_without_a_sign_of_time_stay_numbers(name, values):
    assert describe_frame({name: values})[name].kind is Kind.NUMBER


def test_seconds_since_1970_are_read_from_numbers_and_text_and_nonsense_is_unread():
    moment = datetime(2023, 11, 14, 22, 13, 20)
    assert read_dates(pl.Series([1_700_000_000, None]), "%s").values.to_list() == [moment, None]
    assert read_dates(pl.Series([1_700_000_000_000.0]), "%s%3f").values.to_list() == [moment]
    reading = read_dates(pl.Series(["1700000000", "x", "9e30", ""]), "%s")
    assert reading.values.to_list() == [moment, None, None, None]
    assert reading.unread.tolist() == [1, 2]


def test_typed_dates_without_end_are_missing_and_said():
    column = describe_frame({"until": [*DAYS, date(9999, 12, 31), datetime(9999, 12, 31)][:61]})["until"]
    assert column.missing == ("9999-12-31",)
    assert "'9999-12-31' (1) is read as missing" in column.reason


def test_typed_dates_and_times_are_dates():
    columns = describe_frame({"day": DAYS, "at": [time(row % 24, 30) for row in range(60)]})
    assert columns["day"].kind is columns["at"].kind is Kind.DATE
    assert read_dates(pl.Series([time(12, 30)]), None).values.to_list() == [datetime(1970, 1, 1, 12, 30)]
    zoned = pl.Series([datetime(2024, 3, 1, 1)]).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Seoul")
    assert read_dates(zoned, None).values.to_list() == [datetime(2024, 3, 1, 1)]


def test_the_date_column_in_whose_order_the_rows_are_is_the_time_column():
    ordered = [date(2024, 1, 1) + timedelta(row) for row in range(60)]
    columns = describe_frame({"born": ordered, "joined_on": ordered, "seen_last": DAYS})
    assert [column.role for column in columns.values()] == [Role.INPUT, Role.TIME, Role.INPUT]
    assert "the rows are in its order, so a split must not look ahead of it" in columns["joined_on"].reason


def test_a_name_that_says_only_when_makes_a_time_column_even_out_of_order():
    columns = describe_frame({"signup_date": DAYS, "date": DAYS[::-1]})
    assert [column.role for column in columns.values()] == [Role.INPUT, Role.TIME]


def test_times_of_day_never_order_the_rows():
    column = describe_frame({"time": [f"{row % 24:02d}:{row % 60:02d}" for row in range(24)]})["time"]
    assert (column.kind, column.role) == (Kind.DATE, Role.INPUT)


def test_rows_in_order_by_year_and_month_make_their_running_number_the_time_column():
    years, months = [2020 + row // 24 for row in range(60)], [1 + row // 2 % 12 for row in range(60)]
    columns = describe_frame({"No": list(range(1, 61)), "year": years, "month": months})
    assert columns["No"].role is Role.TIME
    assert "in order of time by year, month" in columns["No"].reason
    shuffled = describe_frame({"No": list(range(1, 61)), "year": years[::-1], "month": months})
    assert shuffled["No"].role is Role.IDENTIFIER
