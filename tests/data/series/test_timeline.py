import numpy as np
import polars as pl
import pytest

from espalier.core.errors import ColumnError, UnknownNameError
from espalier.core.records import Records
from espalier.data.describe.describe import describe
from espalier.data.parse import parse
from espalier.data.read import read
from espalier.data.series.timeline import make_timeline, without_time
from real_data import data_file


def parsed(records, overrides=None):
    schema, _ = describe(records, overrides=overrides or {})
    return parse(records, schema).records, schema


def table(columns, source="table.csv"):
    frame = pl.DataFrame(columns)
    return Records(frame, np.arange(2, frame.height + 2), source)


def test_rows_are_put_in_order_of_time_and_keep_their_source_rows():
    records, schema = parsed(table({"date": ["2024-01-03", "2024-01-01", "2024-01-02"], "x": ["3.5", "1.5", ""]}))
    line = make_timeline(records, schema, ["x"])
    np.testing.assert_array_equal(line.values[:, 0], np.array([1.5, np.nan, 3.5], np.float32))
    assert line.rows.tolist() == [3, 4, 2]
    assert np.diff(line.times).tolist() == [86_400_000_000] * 2
    assert (line.ids, line.starts.tolist(), line.names) == (("",), [0, 3], ("x",))


def test_a_long_table_is_cut_into_its_series():
    columns = {
        "shop": ["b", "a", "b", "a", "b"],
        "date": ["2024-01-02", "2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03"],
        "sold": [5.0, 1.0, 4.0, 2.0, 6.0],
    }
    records, schema = parsed(table(columns), {"shop": {"role": "group"}})
    line = make_timeline(records, schema, ["sold"])
    assert line.ids == ("b", "a")
    assert line.starts.tolist() == [0, 3, 5]
    assert line.values[:, 0].tolist() == [4.0, 5.0, 6.0, 1.0, 2.0]
    assert line.rows.tolist() == [4, 2, 6, 3, 5]


def test_equal_times_stay_in_the_order_of_the_source():
    records, schema = parsed(table({"date": ["2024-01-02", "2024-01-01", "2024-01-02"], "x": [1.5, 2.5, 3.5]}))
    assert make_timeline(records, schema, ["x"]).rows.tolist() == [3, 2, 4]


def test_rows_without_a_time_are_named():
    days = [f"2024-01-{day:02d}" for day in range(1, 31)] + ["soon", "late", "?"]
    records, schema = parsed(table({"date": days, "x": np.arange(33) / 2}))
    assert without_time(records, schema).sum() == 3
    with pytest.raises(ColumnError, match=r"The time column 'date' holds no time in 3 of 33 rows \(lines 32, 33, 34\)"):
        make_timeline(records, schema, ["x"])


def test_a_table_that_nothing_orders_is_refused():
    records, schema = parsed(table({"x": [1.5, 2.5, 0.5], "y": [1.5, 2.5, 0.5]}))
    with pytest.raises(ColumnError, match="No column of table.csv says when a row was made"):
        make_timeline(records, schema, ["x"])


def test_text_and_unknown_columns_are_no_variables():
    columns = {"date": ["2024-01-01", "2024-01-02", "2024-01-03"], "wind": ["NW", "SE", "NW"]}
    records, schema = parsed(table(columns))
    with pytest.raises(ColumnError, match="The column 'wind' of kind 'category' cannot be a variable of a series"):
        make_timeline(records, schema, ["wind"])
    with pytest.raises(UnknownNameError, match="Did you mean 'wind'"):
        make_timeline(records, schema, ["wnd"])


def test_counted_rows_take_their_times_from_year_month_day_and_hour():
    records, schema = parsed(read(data_file("beijing_pm25/pollution.csv.gz")))
    line = make_timeline(records, schema, ["pm2.5", "TEMP"])
    assert len(line) == 43_824
    assert set(np.diff(line.times).tolist()) == {3_600_000_000}
    assert np.isnan(line.values[:, 0]).sum() == 2_067
    assert line.position_of(np.array([2, 43_825])).tolist() == [0, 43_823]
