"""Columns as numbers."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from espalier.diagnosis.encode import answer_of, as_codes, as_number, matrix_of


def test_codes_do_not_depend_on_the_names_of_the_values():
    one = as_codes(pl.Series(["red", None, "blue", "red", "green"]))
    other = as_codes(pl.Series([9.0, None, 1.5, 9.0, 4.0]))
    assert one.tolist() == other.tolist() == [0, -1, 1, 0, 2]


def test_a_date_is_its_seconds_and_a_hole_is_not_a_number():
    values = as_number(pl.Series([dt.datetime(1970, 1, 2), None]))
    assert values[0] == 86400.0
    assert np.isnan(values[1])


def test_infinite_numbers_count_as_missing():
    assert np.isnan(as_number(pl.Series([1.0, np.inf]))).tolist() == [False, True]


def test_in_a_matrix_missing_values_lie_below_all_others():
    frame = pl.DataFrame({"n": [5.0, None, 7.0], "c": ["b", "a", None], "empty": pl.Series([None] * 3, dtype=pl.Float64)})
    assert matrix_of(frame, ["n", "c", "empty"]).round(9).tolist() == [[-1.0, 1.0, -1.0], [-2.0, -1.0, -1.0], [1.0, -2.0, -1.0]]


def test_a_number_target_becomes_ranks_and_classes_become_columns():
    assert answer_of(pl.Series([10.0, 1000.0, 30.0])).matrix[:, 0].tolist() == pytest.approx([1 / 3, 1, 2 / 3])
    answer = answer_of(pl.Series(["no", "yes", "no"]))
    assert answer.classes == ("no", "yes")
    assert answer.indices.tolist() == [0, 1, 0]
