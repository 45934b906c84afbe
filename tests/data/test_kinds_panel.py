import numpy as np
import polars as pl
import pytest

from espalier.core.records import Records
from espalier.core.schema import Kind, Role
from espalier.data.describe.describe import describe
from espalier.data.kinds.panel import find_panel, with_long
from espalier.data.parse import parse
from espalier.data.read import read
from espalier.data.series.timeline import make_timeline
from real_data import data_file

STREAM = np.random.default_rng(0)


def table(names, values, ids=None, source="a.csv"):
    ids = [f"H{n}" for n in range(len(values))] if ids is None else ids
    frame = pl.DataFrame({names[0]: ids} | {name: values[:, n] for n, name in enumerate(names[1:])})
    return Records(frame.fill_nan(None), np.arange(2, frame.height + 2), source)


def numbered(prefix, num):
    return [f"{prefix}{n}" for n in range(1, num + 1)]


def ragged(num=4, steps=12):
    values = STREAM.normal(size=(num, steps))
    for n in range(num):
        values[n, steps - n :] = np.nan
    return values


def test_rows_padded_with_blanks_become_long_series_that_remember_their_line():
    values = ragged()
    values[2, 3] = np.nan  # a gap within stays
    records = with_long(table(numbered("V", 13), values))
    assert records.frame.columns == ["id", "step", "value", "line"]
    assert records.frame.height == 12 + 11 + 10 + 9
    assert records.frame.filter(pl.col("id") == "H2")["value"].null_count() == 1
    assert records.frame.filter(pl.col("id") == "H2")["step"].to_list() == list(range(1, 11))
    assert records.frame["line"].unique().sort().to_list() == [2, 3, 4, 5]
    assert records.rows.tolist() == list(range(1, 43))
    assert records.hints.target == "value"
    assert records.notes[0].startswith(
        "read as one series a row (4 series of at most 12 steps), because rows end after 9 to 12 values, and blanks follow"
    )


@pytest.mark.parametrize(
    ("names", "walk", "is_panel"),
    [
        (["id", *numbered("d_", 30)], False, True),
        (["id", *numbered("", 30)], False, True),
        (["id", *numbered("gene", 30)], False, False),
        (["id", *numbered("gene", 30)], True, True),
        (["id", *numbered("pixel", 30)], True, False),
        (["id", *numbered("x", 5)], True, False),
        (["id", *(f"x{n * n}" for n in range(30))], True, False),
        (["id", *(f"2024-01-{day:02d}" for day in range(1, 31))], False, True),
    ],
)
def test_tables_of_features_are_told_from_panels_by_evidence(names, walk, is_panel):
    values = STREAM.normal(size=(40, len(names) - 1))
    records = table(names, values.cumsum(axis=1) if walk else values)
    assert (find_panel(records.frame) is not None) == is_panel
    assert (with_long(records) is records) != is_panel


def test_ids_that_repeat_or_are_numbers_name_no_series():
    values = ragged(40)
    assert find_panel(table(numbered("V", 13), values, ["a", "b"] * 20).frame) is None
    assert find_panel(table(numbered("V", 13), values, list(range(40))).frame) is None


def test_the_person_has_the_last_word():
    records = table(["id", *numbered("gene", 30)], STREAM.normal(size=(40, 30)))
    assert with_long(records, is_asked=True).frame.height == 1200


def test_names_that_are_dates_become_the_time():
    names = ["shop", *(f"2024-{month:02d}-01" for month in range(1, 13))]
    records = with_long(table(names, STREAM.normal(size=(3, 12))))
    schema, _ = describe(records, target=("value",))
    assert (schema.columns["step"].kind, schema.columns["step"].role) == (Kind.DATE, Role.TIME)
    line = make_timeline(parse(records, schema).records, schema, ["value"])
    assert str(line.times[1].astype("datetime64[us]").astype("datetime64[D]")) == "2024-02-01"


def test_further_columns_in_front_stay_with_each_step():
    frame = table(["item", *numbered("d_", 20)], STREAM.normal(size=(3, 20))).frame
    frame = frame.insert_column(1, pl.Series("shop", ["x", "y", "x"]))
    records = with_long(Records(frame, np.arange(2, 5), "a.csv"))
    assert records.frame.columns == ["id", "shop", "step", "value", "line"]
    assert records.frame.filter(pl.col("id") == "H1")["shop"].unique().to_list() == ["y"]


def test_words_for_missing_are_no_text_and_other_words_are():
    records = table(numbered("V", 13), ragged(8))
    words = records.frame.with_columns(pl.Series("V5", ["NA", "?", " 3 ", "4"] * 2))
    np.testing.assert_array_equal(find_panel(words).table[:4, 3], [np.nan, np.nan, 3, 4])
    assert find_panel(records.frame.with_columns(pl.Series("V5", ["low", "1"] * 4))) is None


def test_the_m4_files_become_their_414_series():
    records = read(data_file("m4_hourly/Hourly-train.csv.gz"))
    assert records.frame.height == 353_500
    schema, _ = describe(records, target=("value",))
    records = parse(records, schema).records
    line = make_timeline(records, schema, ["value"])
    assert (len(line.ids), int(line.lengths.min()), int(line.lengths.max())) == (414, 700, 960)
    assert line.values[:3, 0].tolist() == [605, 586, 586]
    assert line.position_of(np.array([1, 353_500])).tolist() == [0, 353_499]
    assert read(data_file("m4_hourly/Hourly-test.csv.gz")).frame.height == 414 * 48
    assert read(data_file("m4_hourly/Hourly-test.csv.gz"), kind="table").frame.shape == (414, 49)


def test_no_other_real_table_is_taken_for_a_panel():
    for name in ("titanic/titanic.csv.gz", "house_prices/train.csv.gz", "weight_lifting_har/har_validate.csv.gz"):
        assert find_panel(read(data_file(name)).frame) is None
