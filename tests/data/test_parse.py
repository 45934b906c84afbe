"""Every column gets the type of its kind; cells that cannot be read are missing, named and counted."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from espalier.core.records import Records
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.describe.describe import describe
from espalier.data.parse import parse


def records_of(columns, source="made.csv"):
    frame = pl.DataFrame(columns, strict=False)
    return Records(frame, np.arange(2, len(frame) + 2), source, ("delimiter ','",))


def parse_one(cells, column, source="made.csv"):
    parsed = parse(records_of({"x": cells}, source), Schema({"x": column}))
    return parsed.records.frame["x"].to_list(), parsed.issues


@pytest.mark.parametrize(
    ("column", "cells", "values", "dtype"),
    [
        (Column(Kind.NUMBER), ["1", " 2.5 ", "", None], [1.0, 2.5, None, None], pl.Float64()),
        (Column(Kind.NUMBER), [1, 2, None], [1.0, 2.0, None], pl.Float64()),
        (Column(Kind.NUMBER), [True, False], [1.0, 0.0], pl.Float64()),
        (Column(Kind.NUMBER, format="percent"), ["12 %", "0", "7.5%"], [12.0, 0.0, 7.5], pl.Float64()),
        (Column(Kind.NUMBER, format="currency"), ["$12", "7"], [12.0, 7.0], pl.Float64()),
        (Column(Kind.NUMBER, format="1.234,5", missing=("k.A.",)), ["1.234,5", " k.A. "], [1234.5, None], pl.Float64()),
        (Column(Kind.NUMBER, missing=("-999",)), ["-999", "-999.0", "5"], [None, None, 5.0], pl.Float64()),
        (Column(Kind.NUMBER, missing=("-999", "?")), [-999.0, 5.0], [None, 5.0], pl.Float64()),
        (Column(Kind.NUMBER), [float("nan"), 5.0], [None, 5.0], pl.Float64()),
        (Column(Kind.CATEGORY, missing=("?",)), [" red ", "?", "", None], ["red", None, None, None], pl.String()),
        (Column(Kind.CATEGORY, missing=("9",)), [1, 9, None], ["1", None, None], pl.String()),
        (Column(Kind.ORDERED, order=("low", "high")), ["low ", "high"], ["low", "high"], pl.String()),
        (Column(Kind.DATE, format="%d/%m/%Y"), ["13/02/2024", ""], [datetime(2024, 2, 13), None], pl.Datetime("us")),
        (Column(Kind.DATE), [datetime(2024, 2, 13)], [datetime(2024, 2, 13)], pl.Datetime("us")),
        (Column(Kind.DATE), ["2024-02-13", None], [datetime(2024, 2, 13), None], pl.Datetime("us")),
        (Column(Kind.TEXT), [" good food ", " "], ["good food", None], pl.String()),
        (Column(Kind.NUMBER, Role.IDENTIFIER), [7, 8], ["7", "8"], pl.String()),
        (Column(Kind.CATEGORY, Role.GROUP), [7.0, None], ["7", None], pl.String()),
        (Column(Kind.CATEGORY, Role.TARGET, order=("no", "yes")), ["yes", "no "], ["yes", "no"], pl.String()),
        (Column(Kind.CATEGORY, Role.TARGET, order=("False", "True")), [True, None], ["True", None], pl.String()),
    ],
)
def test_cells_become_values_of_the_type_of_the_kind(column, cells, values, dtype):
    parsed = parse(records_of({"x": cells}), Schema({"x": column}))
    assert parsed.records.frame["x"].to_list() == values
    assert parsed.records.frame["x"].dtype == dtype
    assert parsed.issues == ()


def test_cells_that_are_no_numbers_are_named_with_their_lines():
    values, issues = parse_one(["1", "two", "3", "vier", "5", "six", "7"], Column(Kind.NUMBER))
    assert values == [1.0, None, 3.0, None, 5.0, None, 7.0]
    (issue,) = issues
    assert (issue.column, issue.rows, issue.count) == ("x", (3, 5, 7), 3)
    assert issue.sentence == (
        "3 cells of 'x' are no numbers and count as missing: 'two' (line 3), 'vier' (line 5), 'six' (line 7)."
    )


def test_one_cell_is_told_in_the_singular_and_frames_have_rows():
    _, issues = parse_one(["2024-01-01", "soon"], Column(Kind.DATE, format="%Y-%m-%d"), source="frame")
    assert issues[0].sentence == "1 cell of 'x' is no date and counts as missing: 'soon' (row 3)."


def test_a_hundred_rows_are_named_and_all_are_counted():
    _, issues = parse_one(["x"] * 250 + ["1"], Column(Kind.NUMBER))
    assert (len(issues[0].rows), issues[0].count) == (100, 250)
    assert "and 247 more" in issues[0].sentence


@pytest.mark.parametrize("cells", [[float("inf"), 2.0, float("-inf")], ["inf", "2", "-Infinity"]])
def test_infinite_numbers_are_missing_and_named(cells):
    values, issues = parse_one(cells, Column(Kind.NUMBER))
    assert values == [None, 2.0, None]
    assert "2 cells of 'x' are infinite and count as missing" in issues[0].sentence
    assert issues[0].rows == (2, 4)


def test_a_number_without_its_percent_sign_is_named_as_its_scale_is_unknown():
    values, issues = parse_one(["12 %", "0.07", "5 %"], Column(Kind.NUMBER, format="percent"))
    assert values == [12.0, None, 5.0]
    assert "'0.07' (line 3)" in issues[0].sentence


def test_typed_dates_without_end_are_missing_and_named():
    values, issues = parse_one([datetime(2024, 1, 1), datetime(9999, 12, 31)], Column(Kind.DATE))
    assert values == [datetime(2024, 1, 1), None]
    assert issues[0].rows == (3,)


def test_a_spelling_of_missing_that_training_did_not_have_is_named():
    _, issues = parse_one(["1", "?"], Column(Kind.NUMBER))
    assert "'?' (line 3)" in issues[0].sentence


def test_only_columns_of_the_schema_that_are_used_remain_in_its_order():
    schema = Schema({"b": Column(Kind.NUMBER), "c": Column(Kind.NUMBER, Role.IGNORED), "a": Column(Kind.NUMBER)})
    parsed = parse(records_of({"a": [1], "b": [2], "c": [3], "extra": [4]}), schema)
    assert parsed.records.frame.columns == ["b", "a"]
    assert parsed.issues == ()
    assert (parsed.records.rows.tolist(), parsed.records.notes) == ([2], ("delimiter ','",))


def test_absent_inputs_are_missing_and_said_and_an_absent_target_is_left_out():
    schema = Schema(
        {"a": Column(Kind.NUMBER), "t": Column(Kind.DATE, Role.TIME), "g": Column(Kind.CATEGORY, Role.GROUP)}
        | {"y": Column(Kind.CATEGORY, Role.TARGET), "c": Column(Kind.CATEGORY)}
    )
    parsed = parse(records_of({"c": ["u", "v"]}), schema)
    assert parsed.records.frame.schema == {"a": pl.Float64, "t": pl.Datetime("us"), "c": pl.String}
    assert parsed.records.frame["a"].null_count() == 2
    assert [issue.sentence for issue in parsed.issues] == [
        "The column 'a' is not there; all 2 rows count as missing in it.",
        "The column 't' is not there; all 2 rows count as missing in it.",
    ]


def test_the_same_table_is_parsed_alike_from_text_and_from_types():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {"number": rng.normal(size=60).round(3), "code": rng.integers(1, 4, 60), "flag": rng.integers(0, 2, 60)}
        | {
            "truth": rng.integers(0, 2, 60) == 1,
            "day": pl.Series(np.arange(60)).cast(pl.Date),
            "label": rng.choice(["a", "b"], 60),
        }
    )
    written = frame.with_columns(pl.col("truth").cast(pl.String).str.to_titlecase(), pl.all().exclude("truth").cast(pl.String))
    schema, _ = describe(Records(written, np.arange(60)))
    typed, text = (parse(Records(one, np.arange(60)), schema) for one in (frame, written))
    assert text.records.frame.equals(typed.records.frame)
    assert text.issues == typed.issues == ()


def test_nothing_is_copied_where_nothing_changes():
    numbers = pl.Series("x", np.arange(1000.0))
    parsed = parse(Records(numbers.to_frame(), np.arange(1000)), Schema({"x": Column(Kind.NUMBER)}))
    assert np.shares_memory(parsed.records.frame["x"].to_numpy(), numbers.to_numpy())


def test_a_table_without_rows_is_parsed():
    schema = Schema({"x": Column(Kind.NUMBER), "d": Column(Kind.DATE, format="%Y-%m-%d"), "c": Column(Kind.CATEGORY)})
    frame = pl.DataFrame(schema={"x": pl.String, "d": pl.String, "c": pl.String})
    parsed = parse(Records(frame, np.empty(0, dtype=np.int64)), schema)
    assert parsed.records.frame.schema == {"x": pl.Float64, "d": pl.Datetime("us"), "c": pl.String}
