import numpy as np
import polars as pl

from espalier.core.records import Records
from espalier.core.schema import Role
from espalier.data.describe.describe import describe
from espalier.data.parse import parse
from espalier.data.read import read
from espalier.data.series.long import as_groups, find_naming
from espalier.data.series.timeline import make_timeline, variables_of
from real_data import data_file

STREAM = np.random.default_rng(0)
DAYS = [f"2024-{month:02d}-{day:02d}" for month in range(1, 5) for day in range(1, 29)]


def parsed(columns):
    frame = pl.DataFrame(columns)
    records = Records(frame, np.arange(2, frame.height + 2), "a.csv")
    schema, _ = describe(records)
    return parse(records, schema).records, schema


def shops(num, **more):
    size = num * len(DAYS)
    counts = STREAM.poisson(40, size).astype(float)
    return {"shop": [f"s{n}" for n in range(num) for _ in DAYS], "date": DAYS * num, "sold": counts, **more}


def test_the_column_that_tells_rows_of_one_time_apart_names_the_series():
    records, schema = parsed(shops(4))
    found = find_naming(records, schema)
    assert (found.columns, found.num_series) == (("shop",), 4)
    assert found.why == "448 rows have 112 different times, and 'shop' with 'date' tells each row from every other"
    line = make_timeline(records, as_groups(schema, found), ["sold"])
    assert line.ids == ("s0", "s1", "s2", "s3")
    assert line.lengths.tolist() == [112] * 4


def test_whole_numbers_name_series_and_counts_do_not():
    columns = shops(30)
    columns["shop"] = [float(name[1:]) for name in columns["shop"]]
    records, schema = parsed(columns)
    assert find_naming(records, schema).columns == ("shop",)


def test_two_columns_may_name_a_series_together():
    columns = shops(6)
    columns["town"] = [name[1] in "012" and "north" or "south" for name in columns["shop"]]
    columns["shop"] = [f"s{int(name[1]) % 3}" for name in columns["shop"]]
    records, schema = parsed(columns)
    found = find_naming(records, schema)
    assert (set(found.columns), found.num_series) == ({"town", "shop"}, 6)
    groups = as_groups(schema, found).names(Role.GROUP)
    assert set(groups) == {"town", "shop"}


def test_a_wide_table_holds_one_series():
    records, schema = parsed({"date": DAYS, "x": STREAM.normal(size=len(DAYS)), "wind": ["N", "S"] * 56})
    assert find_naming(records, schema).columns == ()
    records, schema = parsed({"x": STREAM.normal(size=112), "wind": ["N", "S"] * 56})
    assert find_naming(records, schema).columns == ()


def test_doubled_stamps_that_nothing_tells_apart_are_one_series():
    records, schema = parsed({"date": DAYS * 2, "x": STREAM.normal(size=224)})
    assert find_naming(records, schema).columns == ()


def test_real_tables_hold_the_series_that_they_are_known_for():
    for file in ("etth1/ETTh1.csv.gz", "beijing_pm25/pollution.csv.gz", "bike_sharing/bikeshare.csv.gz"):
        records = read(data_file(file))
        schema, _ = describe(records)
        assert find_naming(parse(records, schema).records, schema).columns == ()
    records = read(data_file("m4_hourly/Hourly-train.csv.gz"))
    schema, _ = describe(records, target=("value",))
    records = parse(records, schema).records
    assert find_naming(records, schema).columns == ("id",)
    assert variables_of(records, schema) == ("value",)
