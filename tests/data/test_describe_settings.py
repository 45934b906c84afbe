"""What a person sets stands; what cannot be is answered in one sentence."""

import numpy as np
import polars as pl
import pytest

from espalier.core.errors import ColumnError, PlanError, UnknownNameError
from espalier.core.records import Records
from espalier.core.schema import Kind, Role
from espalier.data.describe.describe import describe

COLUMNS = {
    "age": [20.0, 30.0, 40.0, -1.0] * 10,
    "city": ["Ulm", "Bonn", "Ulm", "Kiel"] * 10,
    "answer": ["no", "perhaps", "yes", "yes"] * 10,
    "code": ["1", "2", "10", "2"] * 10,
    "date": [f"2024-01-{day:02d}" for day in range(1, 29)] + ["2024-02-01"] * 12,
    "won": ["₩1,000", "₩2,000", "broken", "₩3,000"] * 10,
}
RECORDS = Records(pl.DataFrame(COLUMNS), np.arange(2, 42), "made.csv")


def set_column(name, target=(), **settings):
    return describe(RECORDS, target=target, overrides={name: settings})[0].columns[name]


def test_a_kind_that_was_set_stands_and_is_said():
    column = set_column("age", kind="category")
    assert (column.kind, column.role) == (Kind.CATEGORY, Role.INPUT)
    assert column.reason.startswith("you set its kind; all 40 cells hold 4 levels")


def test_a_role_that_was_set_stands():
    assert set_column("city", role="group").role is Role.GROUP
    assert set_column("date", role="input").role is Role.INPUT
    assert set_column("age", role="ignored").role is Role.IGNORED
    assert set_column("age", role="target").role is Role.TARGET


def test_a_time_column_that_was_set_is_the_only_one():
    schema, _ = describe(RECORDS, overrides={"age": {"role": "time"}})
    assert schema.names(Role.TIME) == ("age",)


def test_spellings_of_missing_that_were_set_replace_those_that_were_found():
    schema, profile = describe(RECORDS, overrides={"age": {"missing": ["-1"]}, "city": {"missing": ["Ulm"]}})
    assert schema.columns["age"].missing == ("-1",)
    assert (profile.columns["age"].num_missing, profile.columns["age"].low) == (10, 20.0)
    assert dict(profile.columns["city"].levels) == {"Bonn": 10, "Kiel": 10}


def test_words_that_are_not_among_the_spellings_that_were_set_are_unread():
    records = Records(pl.DataFrame({"x": ["1.5", "NA", "k.A.", "2.5"] * 20}), np.arange(80))
    column = describe(records, overrides={"x": {"kind": "number", "missing": ["k.A."]}})[0].columns["x"]
    assert column.missing == ("k.A.",)
    assert "20 cells are no numbers and count as missing, such as 'NA'" in column.reason


def test_a_number_that_was_set_is_read_in_the_style_of_its_cells():
    column = set_column("won", kind="number")
    assert (column.kind, column.format) == (Kind.NUMBER, "currency")
    assert "10 cells are no numbers" in column.reason


def test_an_order_that_was_set_stands_and_a_plain_one_is_found():
    assert set_column("answer", kind="ordered", order=["no", "perhaps", "yes"]).order == ("no", "perhaps", "yes")
    assert set_column("code", kind="ordered").order == ("1", "2", "10")


def test_a_format_that_was_set_stands():
    column = set_column("date", kind="date", format="%Y-%d-%m")
    assert column.format == "%Y-%d-%m"
    assert "16 cells are no dates" in column.reason


def test_an_absent_target_is_answered_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="There is no column 'aeg'. Did you mean 'age'?"):
        describe(RECORDS, target=("aeg",))


def test_an_absent_column_that_was_set_is_answered_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="There is no column 'citty'. Did you mean 'city'?"):
        describe(RECORDS, overrides={"citty": {"kind": "category"}})


@pytest.mark.parametrize(
    ("name", "settings", "error", "message"),
    [
        ("age", {"kinds": "number"}, UnknownNameError, "setting of column 'age' 'kinds'. Did you mean 'kind'?"),
        ("age", {"kind": "numbr"}, UnknownNameError, "There is no kind 'numbr'. Did you mean 'number'?"),
        ("age", {"role": "targt"}, UnknownNameError, "There is no role 'targt'. Did you mean 'target'?"),
        ("age", {"missing": "-1"}, PlanError, r"schema.columns.age.missing is '-1'; expected a list"),
        ("city", {"kind": "number"}, ColumnError, "'city' was set to kind 'number', but no cell .* it holds 'Ulm', 'Bonn'"),
        ("city", {"kind": "date"}, ColumnError, "'city' was set to kind 'date', but no cell can be read as a date"),
        (
            "answer",
            {"kind": "ordered"},
            ColumnError,
            r"its levels \('no', 'perhaps', 'yes'\) have no order that Espalier knows",
        ),
    ],
)
def test_a_setting_that_cannot_be_is_answered_in_one_sentence(name, settings, error, message):
    with pytest.raises(error, match=message):
        set_column(name, **settings)


def test_without_a_target_no_column_has_that_role():
    assert describe(RECORDS)[0].target is None


def test_the_target_is_never_an_identifier_or_ignored():
    frame = pl.DataFrame({"id": np.arange(30), "same": ["x"] * 30})
    for name in frame.columns:
        schema, _ = describe(Records(frame, np.arange(30)), target=(name,))
        assert schema.columns[name].role is Role.TARGET


def test_a_table_without_rows_is_described_without_an_error():
    schema, profile = describe(Records(RECORDS.frame.clear(), np.empty(0, dtype=np.int64)))
    assert {column.role for column in schema.columns.values()} == {Role.IGNORED}
    assert profile.num_rows == 0
