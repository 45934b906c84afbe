"""Categories, known scales, text, identifiers and groups."""

import uuid

import numpy as np
import polars as pl
import pytest

from espalier.core.records import Records
from espalier.core.schema import Kind, Role
from espalier.data.describe.categories import read_labels
from espalier.data.describe.describe import describe


def describe_one(cells, name="x"):
    frame = pl.DataFrame({name: cells}, strict=False)
    return describe(Records(frame, np.arange(2, len(frame) + 2), "made.csv"))[0].columns[name]


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("risk", ("low", "medium", "high")),
        ("risk", ("L", "M", "H")),
        ("size", ("S", "M", "L", "XL")),
        ("KitchenQual", ("Po", "Fa", "TA", "Gd", "Ex")),
        ("cut", ("Fair", "Good", "Very Good", "Premium", "Ideal")),
        ("grade", ("F", "D", "C", "B", "A")),
        ("mark", ("C", "B+", "A0", "A+")),
        ("rating", ("BB", "BBB-", "A+", "AAA")),
        ("age", ("<18", "18-25", "26-35", "65+")),
        ("age", ("[0-10)", "[10-20)", "[100-110)")),
        ("income", ("$0-$9,999", "$10k-20k", "$20k-100k")),
        ("연령대", ("10대", "20대", "30대")),
        ("연령대", ("20~29세", "30~39세", "60세 이상")),
        ("answer", ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree")),
        ("문항1", ("전혀 그렇지 않다", "그렇지 않다", "보통이다", "그렇다", "매우 그렇다")),
        ("만족도", ("매우 불만족", "불만족", "보통", "만족", "매우 만족")),
        ("수준", ("하", "중", "상")),
        ("stage", ("stage 2", "stage 9", "stage 10")),
        ("등급", ("1등급", "2등급", "10등급")),
        ("q", ("1 - never", "2 - sometimes", "3 - always")),
    ],
)
def test_known_scales_are_ordered_low_to_high(name, order):
    column = describe_one([*order[::-1], order[0]] * 10, name)
    assert (column.kind, column.order) == (Kind.ORDERED, order)
    assert "low to high" in column.reason


@pytest.mark.parametrize(
    "levels",
    [
        ("A", "B", "C", "D"),  # classes, where nothing says grades
        ("S", "C", "Q"),
        ("low", "high"),  # two levels have no order to speak of
        ("red", "green", "blue"),
        ("<1H OCEAN", "INLAND", "NEAR BAY"),
        ("3-1", "2-0", "1-4"),  # results of matches
        ("1Story", "2Story", "SLvl"),
        ("2024-W01", "2024-W02", "2024-W03"),
    ],
)
def test_other_levels_have_no_order(levels):
    assert describe_one([*levels, levels[0]] * 10).kind is Kind.CATEGORY


def test_truth_values_are_a_category_however_they_are_written():
    assert describe_one([True, False, None] * 10).kind is Kind.CATEGORY
    typed = read_labels(pl.Series([True, False])).values.to_list()
    assert typed == read_labels(pl.Series(["True", " False "])).values.to_list() == ["true", "false"]


def test_labels_are_the_same_from_text_whole_numbers_and_floats():
    expected = ["1", "2", None]
    for cells in (["1", " 2", ""], ["1.0", "2.0", None], [1, 2, None], [1.0, 2.0, float("nan")]):
        assert read_labels(pl.Series(cells)).values.to_list() == expected
    assert read_labels(pl.Series(["007", "7", "1.10", "1.1"])).values.to_list() == ["007", "7", "1.10", "1.1"]


def test_sentences_are_text_and_long_repeated_labels_are_not():
    words = ["good", "food", "bad", "place", "very", "the", "was"]
    sentences = [" ".join(np.random.default_rng(row).choice(words, 8)) for row in range(60)]
    assert describe_one(sentences).kind is Kind.TEXT
    labels = ["a label of more than forty characters, and of nine words", "another one that is hardly any shorter than it"]
    assert describe_one(labels * 30).kind is Kind.CATEGORY


@pytest.mark.parametrize(
    ("name", "cells", "words"),
    [
        ("CustomerId", np.random.default_rng(0).permutation(10**6)[:100], "the name says that it names the row"),
        ("Unnamed: 0", np.arange(100), "the name says that it names the row"),
        ("x", np.arange(100), "a running number"),
        ("x", np.random.default_rng(0).permutation(100) + 1, "a running number"),
        ("x", [str(uuid.UUID(int=row * 10**30)) for row in range(100)], "hash or UUID"),
        ("email", [f"u{row}@example.org" for row in range(100)], "names or addresses"),
        ("Surname", [f"Smith{row // 3}" for row in range(100)], "names or addresses"),
        ("Ticket", [f"PC {row // 1.3:.0f}" for row in range(100)], "codes that hardly repeat"),
        ("학번", [f"2024{row:03d}" for row in range(100)], "the name says that it names the row"),
    ],
)
def test_columns_that_name_a_row_are_identifiers(name, cells, words):
    column = describe_one(cells, name)
    assert column.role is Role.IDENTIFIER
    assert words in column.reason


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("year", np.arange(1900, 2000)),
        ("area", np.random.default_rng(0).permutation(10**6)[:100]),
        ("Balance", np.random.default_rng(0).normal(size=100)),
        ("height", np.arange(100) + 0.5),
    ],
)
def test_different_amounts_in_every_row_are_no_identifiers(name, cells):
    assert describe_one(cells, name).role is Role.INPUT


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("patient_id", [f"P{row // 8}" for row in range(400)]),
        ("user", [f"u{row % 30}" for row in range(400)]),
        ("hospital_number", [530_000 + row // 2 * 3 for row in range(400)]),
        ("movie_id", [row % 130 for row in range(400)]),
        ("환자번호", [row % 50 for row in range(400)]),
        ("session", [str(uuid.UUID(int=row % 40)) for row in range(400)]),
    ],
)
def test_names_of_persons_and_things_that_repeat_are_groups(name, cells):
    column = describe_one(cells, name)
    assert column.role is Role.GROUP
    assert "which must stay on one side of a split" in column.reason


@pytest.mark.parametrize(("num", "role"), [(8, Role.INPUT), (90, Role.INPUT), (110, Role.GROUP)])
def test_a_key_of_fewer_than_a_hundred_things_is_a_category(num, role):
    column = describe_one([row % num for row in range(2200)], "store_id")
    assert (column.kind, column.role) == (Kind.CATEGORY, role)
    assert f"{2200 / num:.1f} rows for each of {num}" in column.reason


def test_a_few_kinds_of_unit_are_no_group():
    assert describe_one(["kg", "g", "lb", "oz", "t", "mg"] * 20, "unit").role is Role.INPUT


def test_codes_that_hardly_repeat_are_kept_where_being_given_is_a_fact():
    cells = [f"C{row}" if row % 4 == 0 else None for row in range(400)]
    column = describe_one(cells, "Cabin")
    assert (column.kind, column.role) == (Kind.CATEGORY, Role.INPUT)
    assert "whether one is given (75% are not) is a fact" in column.reason


def test_a_category_of_fifty_thousand_levels_is_described():
    cells = pl.Series(np.arange(150_000) % 50_000).cast(pl.String) + pl.Series(["k"])
    column = describe_one(cells)
    assert (column.kind, column.role) == (Kind.CATEGORY, Role.INPUT)
    assert "50,000 levels" in column.reason


def test_nested_cells_are_ignored_with_the_reason():
    column = describe_one(pl.Series([[1, 2]] * 20))
    assert column.role is Role.IGNORED
    assert column.reason == "cells of type List(Int64), which no table model reads"
