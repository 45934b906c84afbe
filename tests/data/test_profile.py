"""The profile agrees with NumPy and goes to JSON and back exactly."""

import json

import numpy as np
import polars as pl
import pytest

from espalier.core.records import Records
from espalier.core.schema import Column, Kind, Role
from espalier.data.describe.cells import SAMPLE_ROWS, sample_positions
from espalier.data.describe.describe import describe
from espalier.data.describe.profile import EXACT_ROWS, QUANTILES, Profile, count_distinct, from_mapping, profile_column


def profile_of(columns):
    frame = pl.DataFrame(columns, strict=False)
    return describe(Records(frame, np.arange(2, len(frame) + 2), "made.csv"))[1]


def test_numbers_agree_with_numpy():
    values = np.random.default_rng(0).normal(3.0, 2.0, 1000)
    column = profile_of({"x": [*values, None, float("nan")]}).columns["x"]
    counts, edges = np.histogram(values, bins=20)
    assert (column.num_missing, column.num_distinct) == (2, 1000)
    assert (column.low, column.high) == (values.min(), values.max())
    assert (column.mean, column.std) == pytest.approx((values.mean(), values.std()), rel=1e-12)
    assert column.quantiles == pytest.approx(tuple(np.quantile(values, QUANTILES)), rel=1e-12)
    assert column.histogram == (tuple(edges), tuple(counts))


def test_one_value_has_one_bin():
    assert profile_of({"x": [2.0, 2.0, None, 2.0] * 10}).columns["x"].levels == (("2", 30),)
    column = profile_column(pl.Series([2.0, 2.0]), Column(Kind.NUMBER))
    assert (column.histogram, column.std) == (((2.0, 2.0), (2,)), 0.0)


def test_dates_count_as_seconds_since_1970():
    column = profile_of({"x": ["1970-01-02", "1970-01-03", "1970-01-02", "1970-01-05"] * 5}).columns["x"]
    assert (column.low, column.high, column.quantiles[3]) == (86_400.0, 4 * 86_400.0, 1.5 * 86_400.0)


def test_categories_have_their_levels_most_frequent_first_and_ties_by_name():
    column = profile_of({"x": ["b", "a", "c", "c", "b", "a", "d"] * 5}).columns["x"]
    assert column.levels == (("a", 10), ("b", 10), ("c", 10), ("d", 5))
    many = profile_of({"x": [f"level {row % 50:02d}" for row in range(500)]}).columns["x"]
    assert (len(many.levels), many.num_distinct) == (20, 50)


def test_identifiers_and_text_have_examples_as_they_are_written_and_no_levels():
    profile = profile_of({"id": [f"P{row:04d}" for row in range(30)], "won": ["₩3,000", " ₩4,500", "₩5,000"] * 10})
    assert (profile.columns["id"].levels, profile.columns["id"].examples) == ((), ("P0000", "P0001", "P0002"))
    assert profile.columns["won"].examples == ("₩3,000", "₩4,500", "₩5,000")


def test_the_profile_survives_json():
    rng = np.random.default_rng(0)
    columns = {
        "a": rng.normal(size=50) / 3,
        "b": rng.choice(["u", "v"], 50),
        "c": [None] * 50,
        "d": ["2024-01-01"] * 49 + ["2025-01-01"],
    }
    profile = profile_of(columns | {"e": [float("inf"), *rng.normal(size=49)], "f": [1e308, -1e308, *rng.normal(size=48)]})
    text = json.dumps(profile.to_mapping(), allow_nan=False)
    assert from_mapping(json.loads(text)) == profile
    assert isinstance(profile, Profile) and profile.num_rows == 50


def test_different_values_of_long_columns_are_estimated_and_exact_where_all_may_differ():
    rows = EXACT_ROWS + 1
    few = pl.Series(np.arange(rows) % 1000)
    assert count_distinct(few) == pytest.approx(1000, rel=0.02)
    assert count_distinct(pl.Series(np.arange(rows)), exactly_if_unique=True) == rows


def test_ignored_columns_have_a_profile_too():
    column = profile_column(pl.Series([None, None], dtype=pl.String), Column(Kind.CATEGORY, Role.IGNORED))
    assert (column.num_missing, column.num_distinct, column.low) == (2, 0, None)


def test_long_tables_are_sampled_for_kinds_and_counted_in_full():
    rows = SAMPLE_ROWS + 50_000
    rng = np.random.default_rng(0)
    number = pl.Series(rng.normal(size=rows).round(4)).cast(pl.String).to_list()
    number[7], number[rows - 1] = "oops", "NA"
    rare, mark = ["common"] * rows, [0] * rows
    unseen = int(np.setdiff1d(np.arange(rows), sample_positions(rows))[0])  # a row outside the sample
    rare[unseen], mark[unseen] = "rare", 5
    frame = pl.DataFrame(
        {
            "number": number,
            "rare": rare,
            "mark": mark,
            "key": np.arange(rows),
            "filled": [None] * (rows - 2000) + [1.5, 2.5] * 1000,
        }
    )
    schema, profile = describe(Records(frame, np.arange(2, rows + 2), "made.csv"))
    assert schema.columns["number"].missing == ("NA",)
    assert profile.columns["number"].num_missing == 2
    assert profile.columns["rare"].levels == (("common", rows - 1), ("rare", 1))
    assert schema.columns["rare"].role is Role.INPUT
    assert schema.columns["mark"].kind is Kind.CATEGORY
    assert profile.columns["mark"].levels == (("0", rows - 1), ("5", 1))
    assert schema.columns["key"].role is Role.IDENTIFIER
    assert (schema.columns["filled"].kind, profile.columns["filled"].num_missing) == (Kind.NUMBER, rows - 2000)


def test_describing_is_the_same_on_every_run():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"x": rng.normal(size=SAMPLE_ROWS + 1), "c": rng.choice(list("abc"), SAMPLE_ROWS + 1)})
    records = Records(frame, np.arange(len(frame)))
    assert describe(records) == describe(records)
