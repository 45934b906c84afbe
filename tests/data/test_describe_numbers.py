"""Numbers are found however they are written, and codes are told from amounts."""

import numpy as np
import polars as pl
import pytest

from espalier.core.records import Records
from espalier.core.schema import Column, Kind, Role
from espalier.data.describe.describe import describe
from espalier.data.describe.numbers import find_style, read_numbers


def describe_one(cells, name="x", target=()):
    frame = pl.DataFrame({name: cells}, strict=False)
    schema, _ = describe(Records(frame, np.arange(2, len(frame) + 2), "made.csv"), target=target)
    return schema.columns[name]


@pytest.mark.parametrize(
    ("cells", "style", "values"),
    [
        (["1234.5", "-3", "1e5", "+2", " 7 "], "plain", [1234.5, -3.0, 1e5, 2.0, 7.0]),
        (["1,234.5", "12", "1,000,000"], "1,234.5", [1234.5, 12.0, 1e6]),
        (["(1,000.5)", "2,000"], "1,234.5", [-1000.5, 2000.0]),
        (["1 234 567", "12"], "1,234.5", [1234567.0, 12.0]),
        (["1.234,5", "12", "0,5", "1.200"], "1.234,5", [1234.5, 12.0, 0.5, 1200.0]),
        (["0,123", "1,234"], "1.234,5", [0.123, 1.234]),
        (["12 %", "5%", "-7.5 %"], "percent", [12.0, 5.0, -7.5]),
        (["12,5 %", "3 %"], "percent 1.234,5", [12.5, 3.0]),
        (["₩3,000", "₩ 12,500"], "currency", [3000.0, 12500.0]),
        (["3000원", "12,000 원"], "currency", [3000.0, 12000.0]),
        (["$1,200", "-$5", "($7.50)"], "currency", [1200.0, -5.0, -7.5]),
        (["USD 20", "15 usd"], "currency", [20.0, 15.0]),
        (["1.200,00 €", "3,50 €"], "currency 1.234,5", [1200.0, 3.5]),
        (["€ 1.200", "€ 500"], "currency 1.234,5", [1200.0, 500.0]),
        (["−5", "3"], "plain", [-5.0, 3.0]),
    ],
)
def test_every_way_of_writing_a_number_is_read(cells, style, values):
    series = pl.Series("x", cells).str.strip_chars()
    assert find_style(series).name == style
    assert read_numbers(pl.Series("x", cells), style).values.to_list() == values


@pytest.mark.parametrize("cells", [["10 20", "30 40"], ["1,23", "4,56x"], ["12.5.3", "1.2.3"], ["abc", "1"], ["1_000", "x"]])
def test_what_is_no_number_is_not_made_one(cells):
    assert find_style(pl.Series("x", cells)) is None


def test_a_group_of_digits_in_the_wrong_place_is_unread():
    reading = read_numbers(pl.Series("x", ["1,234", "1,23", "12,34,567", ",5"]), "1,234.5")
    assert reading.values.to_list() == [1234.0, None, None, None]
    assert reading.unread.tolist() == [1, 2, 3]


def test_text_in_one_row_of_a_hundred_leaves_the_column_a_number_and_is_counted():
    cells = [str(value) for value in np.round(np.random.default_rng(0).normal(size=500), 3)]
    for place in (3, 99, 200, 301, 402):
        cells[place] = "broken"
    column = describe_one(cells)
    assert column.kind is Kind.NUMBER
    assert "5 cells are no numbers and count as missing, such as 'broken'" in column.reason


def test_numbers_mixed_with_codes_of_letters_and_digits_are_codes():
    assert describe_one(["250.83", "V57", "410", "428", "E849", "401"] * 20, "diagnosis").kind is Kind.CATEGORY
    assert describe_one(["250.83", "410", "428", "401"] * 24 + ["V57", "E849"] * 2, "diagnosis").kind is Kind.CATEGORY
    assert describe_one(["250.83", "410", "428", "401"] * 24 + ["oops", "ouch"] * 2, "diagnosis").kind is Kind.NUMBER


@pytest.mark.parametrize(
    ("name", "values", "kind", "word"),
    [
        ("Pclass", [1, 2, 3], Kind.CATEGORY, "'class'"),
        ("weather", [1, 2, 3, 4], Kind.CATEGORY, "'weather'"),
        ("MSSubClass", [20, 30, 60, 160], Kind.CATEGORY, "'class'"),
        ("day_of_week", [0, 1, 2, 3, 4, 5, 6], Kind.CATEGORY, "'dayofweek'"),
        ("zipcode", list(range(10_001, 10_061)), Kind.CATEGORY, "'zipcode'"),
        ("num_types", [1, 2, 3], Kind.NUMBER, "'num'"),
        ("class_size", [1, 2, 3], Kind.NUMBER, "'size'"),
        ("rating", [1, 2, 3, 4, 5], Kind.NUMBER, "'rating'"),
        ("만족도", [1, 2, 3, 4, 5], Kind.NUMBER, "'만족도'"),
        ("q7", [1, 2, 3, 4, 5], Kind.CATEGORY, "1 to 5 without a gap"),
        ("q7", [0, 1, 2, 3], Kind.NUMBER, "whole numbers from 0 to 3"),
        ("q7", [1, 2, 4, 8], Kind.NUMBER, "whole numbers from 1 to 8"),
        ("q7", list(range(1, 13)), Kind.NUMBER, "whole numbers from 1 to 12"),
        ("is_new", [0, 1], Kind.CATEGORY, "two numbers, 0 and 1"),
    ],
)
def test_small_whole_numbers_are_amounts_or_codes_by_name_and_gaps(name, values, kind, word):
    column = describe_one(values * 25, name)
    assert column.kind is kind
    assert word in column.reason


def test_several_currencies_in_one_column_are_said():
    assert "several signs ($ €) are read alike" in describe_one(["$1,200", "€900", "$15"] * 10).reason


def test_leading_zeros_make_codes_of_numbers():
    column = describe_one(["02139", "10001", "94105", "02139"] * 10, "place")
    assert (column.kind, column.role) == (Kind.CATEGORY, Role.INPUT)
    assert "leading zeros" in column.reason


def test_whole_numbers_too_long_for_a_float_are_codes():
    cells = np.repeat(10**17 + np.arange(20), 5)
    assert describe_one(cells, "x").kind is Kind.CATEGORY


def test_typed_columns_need_no_format():
    assert describe_one([1.5, 2.5, None, 7.0] * 10) == Column(Kind.NUMBER, reason="30 of 40 cells are numbers from 1.5 to 7")


@pytest.mark.parametrize("dtype", [pl.Float32, pl.Decimal(10, 2), pl.Int8, pl.UInt64, pl.Duration("us")])
def test_every_type_of_number_becomes_a_number(dtype):
    assert describe_one(pl.Series(np.arange(40) % 23).cast(dtype)).kind is Kind.NUMBER


def test_infinite_and_not_a_number_count_as_missing_and_are_said():
    column = describe_one([float("inf"), float("nan"), 1.5, 2.5] * 10)
    assert "20 of 40 cells are numbers from 1.5 to 2.5" in column.reason
    assert "10 infinite and read as missing" in column.reason
