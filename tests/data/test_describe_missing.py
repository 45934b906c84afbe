"""Spellings of "not known" are found, said, and not guessed."""

import re

import numpy as np
import polars as pl
import pytest

from espalier.core.records import Records
from espalier.core.schema import Kind, Role
from espalier.data.describe.describe import describe
from espalier.data.describe.missing import find_spikes


def describe_one(cells, name="x"):
    frame = pl.DataFrame({name: cells}, strict=False)
    schema, profile = describe(Records(frame, np.arange(2, len(frame) + 2), "made.csv"))
    return schema.columns[name], profile.columns[name]


@pytest.mark.parametrize("word", ["?", "N/A", "NA", "null", "-", "none", "NaN", "#DIV/0!", "unknown", "없음", ".", "(null)"])
def test_a_spelling_in_a_number_column_is_found_and_said(word):
    column, profile = describe_one([word if place % 4 == 0 else str(place + 0.5) for place in range(40)])
    assert column.kind is Kind.NUMBER
    assert column.missing == (word,)
    assert f"'{word}' (10) is read as missing" in column.reason
    assert profile.num_missing == 10


@pytest.mark.parametrize("word", ["?", "N/A", "NA", "null", "-", "nan"])
def test_a_sure_spelling_in_a_category_is_missing(word):
    column, profile = describe_one([word, "red", "green", "red"] * 10)
    assert column.missing == (word,)
    assert f"'{word}' (10) is read as missing, which is a level of its own" in column.reason
    assert dict(profile.levels) == {"red": 20, "green": 10}


@pytest.mark.parametrize("word", ["None", "unknown", "해당없음"])
def test_a_doubtful_word_in_a_category_stays_a_level_and_that_is_said(word):
    column, profile = describe_one([word, "brick", "stone", "brick"] * 10)
    assert column.missing == ()
    assert f"'{word}' is a level like the others, though missing could be meant" in column.reason
    assert dict(profile.levels)[word] == 10


@pytest.mark.parametrize(("word", "others"), [("NA", ["ZA", "KE", "NG", "EG"]), ("-", ["+"])])
def test_a_spelling_that_is_a_level_among_its_like_stays_one(word, others):
    column, _ = describe_one([word, *others] * 10)
    assert column.missing == ()
    assert f"'{word}' is a level like the others" in column.reason


def test_a_doubtful_word_beside_a_known_scale_is_missing():
    column, _ = describe_one(["low", "medium", "high", "unknown"] * 10)
    assert (column.kind, column.order, column.missing) == (Kind.ORDERED, ("low", "medium", "high"), ("unknown",))


@pytest.mark.parametrize("value", [-999.0, 9999.0, 999.0, -9999.0])
def test_a_number_far_from_all_others_that_repeats_is_missing_and_said(value):
    column, profile = describe_one([value if place % 10 == 0 else place % 37 + 0.5 for place in range(100)])
    assert column.missing == (f"{value:.0f}",)
    assert f"{value:.0f} (10 cells) stands apart from all others (0.5 to 36.5) and is read as missing" in column.reason
    assert (profile.low, profile.high, profile.num_missing) == (0.5, 36.5, 10)


def test_the_only_negative_number_is_a_spike_even_within_the_range_of_the_others():
    values = np.r_[np.full(30, -200.0), np.linspace(600.0, 2000.0, 170)]
    assert [spike.value for spike in find_spikes(values)] == [-200.0]


def test_several_spikes_are_found_one_after_the_other():
    values = np.r_[np.full(5, -999.0), np.full(5, 9999.0), np.arange(50.0)]
    assert {spike.value for spike in find_spikes(values)} == {-999.0, 9999.0}


@pytest.mark.parametrize(
    "values",
    [
        np.r_[np.arange(100.0), 99.0, 99.0],  # a number of nines among its like
        np.r_[np.linspace(0, 41_310, 500), np.full(20, 99_999.0)],  # income cut off at the top, less than twice the range away
        np.r_[np.arange(50.0), 9999.0],  # once is an outlier
        np.r_[np.linspace(-500, 500, 100), np.full(10, -999.0)],  # negative numbers are usual here
        np.r_[np.full(50, -1.0), np.arange(50.0)],  # minus one may be a value
        np.r_[np.full(5, 999.0), np.full(5, 3.0)],  # two values tell two cases apart
    ],
)
def test_no_spike_is_seen_where_there_is_none(values):
    assert find_spikes(values) == ()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([None] * 30, "none of its 30 cells is filled"),
        (["  "] * 30, "none of its 30 cells is filled"),
        (["NA"] * 30, "none of its 30 cells is filled; 'NA' \\(30\\) is read as missing"),
        ([float("nan")] * 30, "none of its 30 cells is filled"),
        (["x"] * 30, "constant"),
        ([7] * 30, "hold the number 7; constant"),
        (["x"] * 299 + [None], "constant"),
        (["x"] + [None] * 299, "nearly empty: 0.3% of the rows"),
    ],
)
def test_empty_nearly_empty_and_constant_columns_are_ignored(cells, reason):
    column, _ = describe_one(pl.Series(cells))
    assert column.role is Role.IGNORED
    assert re.search(reason, column.reason)


def test_one_value_or_nothing_is_a_fact():
    column, _ = describe_one(["Y", None, None] * 20)
    assert (column.kind, column.role) == (Kind.CATEGORY, Role.INPUT)
    assert "whether it is filled is the fact it tells" in column.reason


def test_levels_that_differ_only_in_capitals_are_pointed_out():
    assert "'Male' and 'male' differ only in capitals" in describe_one(["Male", "male", "Male", "Female"] * 10)[0].reason
