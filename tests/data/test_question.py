"""The target asks regression, two classes, several classes or several labels; what cannot be learnt is refused."""

import numpy as np
import polars as pl
import pytest

from espalier.core.errors import ColumnError
from espalier.core.records import Records
from espalier.core.schema import Schema
from espalier.data.describe.describe import describe
from espalier.data.describe.question import question_of
from espalier.data.describe.target import class_order
from espalier.data.parse import parse


def ask(columns, target=("y",), **overrides):
    frame = pl.DataFrame(columns, strict=False)
    records = Records(frame, np.arange(2, len(frame) + 2), "made.csv")
    schema, _ = describe(records, target=target, overrides=overrides)
    return question_of(parse(records, schema).records, schema)


@pytest.mark.parametrize(
    ("name", "values", "task", "classes", "words"),
    [
        ("y", [0.5, 1.5, 2.25], "regression", (), "decimals are a quantity"),
        ("y", [0, 1], "binary", ("0", "1"), "two different numbers are two classes"),
        ("y", [0.0, 1.0, None], "binary", ("0", "1"), "two classes"),
        ("y", [-1, 1], "binary", ("-1", "1"), "two classes"),
        ("y", [1, 1, 2], "binary", ("1", "2"), "whether it is '2' (33.3% of the rows)"),
        ("y", [1, 2, 2], "binary", ("2", "1"), "whether it is '1' (33.3% of the rows)"),
        ("y", [True, False], "binary", ("false", "true"), "whether it is 'true'"),
        ("y", ["True", "False"], "binary", ("False", "True"), "whether it is 'True'"),
        ("y", ["yes", "no", "yes"], "binary", ("no", "yes"), "whether it is 'yes'"),
        ("y", ["예", "아니오", "예"], "binary", ("아니오", "예"), "whether it is '예'"),
        ("y", ["cat", "dog", "dog"], "binary", ("dog", "cat"), "whether it is 'cat'"),
        ("y", ["b", "a", "c"], "multiclass", ("a", "b", "c"), "which of 3 classes"),
        ("y", ["high", "low", "mid"], "multiclass", ("low", "mid", "high"), "low < mid < high"),
        ("y", ["10", "9", "8"], "regression", (), "classes would be numbered from 0 or 1"),
        ("y", [0, 1, 2], "multiclass", ("0", "1", "2"), "0 to 2 without a gap are read as classes"),
        ("y", list(range(12)), "regression", (), "12 different ones are a quantity"),
        ("label", list(range(26)), "multiclass", tuple(str(place) for place in range(26)), "the name says classes ('label')"),
        ("quality", [3, 4, 5, 6, 7], "regression", (), "steps of a quantity, since the name says so ('quality')"),
        ("visits", [0, 1, 2, 3], "regression", (), "choose the task 'counts'"),
        ("price", ["$1,000", "$2,500", "$700"], "regression", (), "written as money"),
    ],
)
def test_the_values_and_the_name_decide_the_question(name, values, task, classes, words):
    question = ask({name: values * 20}, (name,))
    assert (question.task, question.classes) == (task, classes)
    assert words in question.reason


def test_a_kind_that_was_set_decides_the_question():
    values = [3, 4, 5, 6] * 10
    assert ask({"quality": values}, ("quality",), quality={"kind": "category"}).classes == ("3", "4", "5", "6")
    assert ask({"label": [0, 1, 2, 3] * 10}, ("label",), label={"kind": "number"}).task == "regression"


def test_several_targets_of_two_values_are_labels():
    question = ask({"a": [0, 1] * 20, "b": ["n", "y"] * 20, "x": range(40)}, ("a", "b"))
    assert (question.task, question.classes) == ("multilabel", ("a", "b"))


@pytest.mark.parametrize(
    ("columns", "target", "message"),
    [
        ({"y": [7] * 30}, ("y",), "'y' is '7' in all 30 rows that have one: there is nothing to learn"),
        ({"y": ["x"] * 29 + [None]}, ("y",), "'y' is 'x' in all 29 rows"),
        ({"y": [1.5] * 30}, ("y",), "'y' is 1.5 in all 30 rows"),
        ({"y": [None] * 30}, ("y",), "'y' is missing in all 30 rows"),
        ({"y": ["?"] * 30}, ("y",), r"missing in all 30 rows \(none .* '\?' \(30\) is read as missing\)"),
        ({"y": [float("nan")] * 30}, ("y",), "missing in all 30 rows"),
        ({"y": [f"k{row}" for row in range(30)]}, ("y",), "different in every one of its 30 rows"),
        ({"y": [0, 1] * 4 + [0]}, ("y",), "Only 9 rows have a value in the target 'y'. Expected at least 10"),
        ({"y": [0, 1] * 4 + [None] * 90}, ("y",), "Only 8 of 98 rows have a value"),
        ({"y": [f"2024-01-{1 + row % 28:02d}" for row in range(60)]}, ("y",), "'y' holds dates. Expected classes or numbers"),
        ({"y": [f"k{row % 12_000}" for row in range(36_000)]}, ("y",), "12,000 different values in 36,000 rows: too many"),
        ({"a": [0, 1] * 20, "b": [0, 1, 2, 3] * 10}, ("a", "b"), "'b' has 4 different values. Expected columns of 0 and 1"),
    ],
)
def test_a_target_that_cannot_be_learnt_is_refused_in_one_sentence(columns, target, message):
    with pytest.raises(ColumnError, match=message):
        ask(columns, target)


def test_without_a_target_the_answer_says_how_to_name_one():
    with pytest.raises(ColumnError, match="Name the column to predict with --target"):
        question_of(Records(pl.DataFrame({"x": [1.0]}), np.arange(1)), Schema())


def test_ten_rows_are_enough():
    assert ask({"y": [0, 1] * 5}).task == "binary"


@pytest.mark.parametrize(
    ("counts", "order"),
    [
        ({"spam": 90, "ham": 10}, ("ham", "spam")),
        ({"<=50K": 10, ">50K": 5}, ("<=50K", ">50K")),
        ({"-": 5, "+": 9}, ("-", "+")),
        ({"b": 5, "a": 5}, ("a", "b")),
        ({"class 10": 1, "class 9": 1, "class 1": 1}, ("class 1", "class 9", "class 10")),
        ({"-2": 1, "10": 1, "3": 1}, ("-2", "3", "10")),
        ({"Gd": 1, "Ex": 1, "Po": 1, "TA": 1}, ("Po", "TA", "Gd", "Ex")),
    ],
)
def test_classes_stand_in_a_fixed_order(counts, order):
    assert class_order(counts) == order
