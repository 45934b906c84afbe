import numpy as np
import polars as pl
import pytest

from data.hand_made import hand_made, real
from espalier.core.plan import CleanPlan
from espalier.core.schema import Role
from espalier.data.clean import clean, copy_keys, row_counters, row_keys


def test_rows_without_a_target_always_go_and_are_named():
    records, schema = hand_made({"a": [1, 2, 3, 4], "y": ["x", None, "z", None]})
    cleaned = clean(records, schema, CleanPlan())
    assert cleaned.records.frame["a"].to_list() == [1, 3]
    assert cleaned.records.rows.tolist() == [2, 4]
    (removed,) = cleaned.removed
    assert (removed.reason, removed.rows, removed.count) == ("The target is missing.", (3, 5), 2)


def test_nan_and_infinite_number_targets_count_as_missing():
    records, schema = hand_made({"a": [1, 2, 3], "y": [float("nan"), float("inf"), 1.0]})
    assert clean(records, schema, CleanPlan()).records.rows.tolist() == [4]


def test_clean_rows_are_returned_untouched():
    records, schema = hand_made({"a": [1, 1], "y": [1, 1]})
    cleaned = clean(records, schema, CleanPlan())
    assert cleaned.records is records
    assert cleaned.removed == ()


def test_repeated_rows_go_when_asked_and_a_row_counter_does_not_count():
    records, schema = hand_made({"id": ["1", "2", "3"], "a": [1, 1, 1], "y": [5, 5, 6]}, roles={"id": Role.IDENTIFIER})
    cleaned = clean(records, schema, CleanPlan(duplicates="drop"))
    assert cleaned.records.rows.tolist() == [2, 4]
    assert cleaned.removed[0].rows == (3,)
    assert "equal in every column" in cleaned.removed[0].reason


@pytest.mark.parametrize("role", [Role.IDENTIFIER, Role.IGNORED, Role.GROUP, Role.TIME])
def test_rows_that_differ_where_the_model_does_not_look_are_no_copies(role):
    columns = {"who": ["Emir", "Yousif", "Emir"], "a": [1, 1, 1], "y": [5, 5, 5]}
    records, schema = hand_made(columns, roles={"who": role})
    assert clean(records, schema, CleanPlan(duplicates="drop")).records.rows.tolist() == [2, 3]
    assert len(set(row_keys(records, schema).tolist())) == 1
    columns["y"] = [5, 6, 5]
    records, schema = hand_made(columns, roles={"who": role})
    assert len(clean(records, schema, CleanPlan(conflicts="drop")).records) == 3


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ([1, 2, 3, 4], True),
        ([3, 1, 4, 2], True),
        ([10, 25, 300, 4000], True),
        ([4000, 10, 300, 25], False),
        ([1, 2, 2, 3], False),
        ([1.5, 2.5, 3.5, 4.5], False),
        (["1", "2", "x", "4"], False),
        (["1", "2", None, "4"], False),
    ],
)
def test_a_row_counter_is_whole_numbers_without_gaps_or_rising(values, counts):
    records, schema = hand_made({"id": values, "a": [1] * 4, "y": [1] * 4}, roles={"id": Role.IDENTIFIER})
    assert row_counters(records, schema) == (("id",) if counts else ())
    records, schema = hand_made({"id": values, "a": [1] * 4, "y": [1] * 4})
    assert row_counters(records, schema) == ()


def test_rows_of_two_groups_do_not_repeat_each_other():
    records, schema = hand_made({"g": ["p", "q"], "a": [1, 1], "y": [5, 5]}, roles={"g": Role.GROUP})
    assert len(clean(records, schema, CleanPlan(duplicates="drop")).records) == 2


def test_contradicting_rows_go_together_when_asked():
    records, schema = hand_made({"a": [1, 1, 1, 2, 2], "b": [None, None, "u", "v", "v"], "y": ["p", "q", "p", "r", "r"]})
    cleaned = clean(records, schema, CleanPlan(conflicts="drop"))
    assert cleaned.records.rows.tolist() == [4, 5, 6]
    assert cleaned.removed[0].count == 2
    assert "has another target" in cleaned.removed[0].reason


def test_at_most_100_rows_are_named_and_all_are_counted():
    records, schema = hand_made({"a": list(range(300)), "y": [None] * 299 + [1]})
    (removed,) = clean(records, schema, CleanPlan()).removed
    assert (len(removed.rows), removed.count) == (100, 299)


def test_every_target_of_several_must_be_there():
    records, schema = hand_made({"a": [1, 2, 3], "y": [1, None, 0], "z": [None, 1, 1]}, roles={"z": Role.TARGET})
    assert clean(records, schema, CleanPlan()).records.rows.tolist() == [4]


def test_equal_inputs_have_equal_keys_and_different_ones_do_not():
    records, schema = hand_made({"a": [1, 1, None, None, 0.0, -0.0], "b": ["x", "x", "x", "x", None, None], "y": range(6)})
    keys = row_keys(records, schema)
    assert keys.dtype == np.uint64
    assert keys[0] == keys[1]
    assert keys[2] == keys[3]
    assert keys[4] == keys[5]
    assert len(set(keys.tolist())) == 3


def test_swapped_values_of_two_columns_have_different_keys():
    records, schema = hand_made({"a": ["x", "y"], "b": ["y", "x"], "y": [1, 1]})
    assert len(set(row_keys(records, schema).tolist())) == 2


def test_the_date_that_orders_the_rows_is_part_of_the_key():
    times = pl.Series([0, 1]).cast(pl.Datetime("us"))
    records, schema = hand_made({"t": times, "a": [1, 1], "y": [1, 2]}, roles={"t": Role.TIME})
    assert len(set(row_keys(records, schema).tolist())) == 2


def test_without_inputs_every_row_has_its_own_key():
    records, schema = hand_made({"a": [1, 1], "y": [1, 1]}, roles={"a": Role.IGNORED})
    assert len(set(row_keys(records, schema).tolist())) == 2
    records, schema = hand_made({"y": [1, 1]})
    assert len(set(copy_keys(records, schema).tolist())) == 2
    assert len(clean(records, schema, CleanPlan(duplicates="drop")).records) == 2


def test_the_repeated_rows_of_mammography_are_as_many_as_its_description_says():
    records, schema = real("mammography")
    cleaned = clean(records, schema, CleanPlan(duplicates="drop"))
    assert cleaned.removed[0].count == len(records) - len(cleaned.records) == 3334


@pytest.mark.parametrize("duplicates", ["keep", "drop"])
def test_no_row_of_titanic_is_lost_without_a_word(duplicates):
    records, schema = real("titanic")
    cleaned = clean(records, schema, CleanPlan(duplicates=duplicates, conflicts="drop"))
    assert len(cleaned.records) + sum(removed.count for removed in cleaned.removed) == len(records)
