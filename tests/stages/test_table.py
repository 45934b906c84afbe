import polars as pl
import pytest

from espalier import process
from espalier.core.errors import ColumnError, InputError, UnknownNameError
from espalier.core.schema import Kind, Role
from espalier.stages.table import load_planned, load_table
from small_runs import made_table, write_table


@pytest.fixture
def source(tmp_path):
    return write_table(tmp_path / "table.csv", "sold")


def test_a_table_knows_its_columns_and_its_question(source):
    table = load_table(source, target=["sold"])
    assert table.asked().task == "binary"
    assert table.asked().classes == ("no", "yes")
    assert {name: column.kind for name, column in table.schema.columns.items()} == {
        "size": Kind.NUMBER,
        "age": Kind.NUMBER,
        "color": Kind.CATEGORY,
        "sold": Kind.CATEGORY,
    }
    assert table.schema.columns["sold"].role is Role.TARGET


def test_without_a_target_nothing_is_asked(source):
    table = load_table(source)
    with pytest.raises(ColumnError, match=r"has no target column. Name one with --target"):
        table.asked()


def test_changes_of_a_column_overrule_what_is_found_even_where_its_name_has_dots(tmp_path):
    source = tmp_path / "table.csv"
    made_table().select("sold", "age", **{"a.b": "age"}).write_csv(source)
    table = load_table(source, target=["sold"], changes={"schema.columns.a.b.kind": "category", "learning.epochs": 2})
    assert table.schema.columns["a.b"].kind is Kind.CATEGORY
    assert table.schema.columns["age"].kind is Kind.NUMBER
    with pytest.raises(UnknownNameError, match=r"'agee'.*'age'"):
        load_table(source, target=["sold"], changes={"schema.columns.agee.kind": "category"})


def test_ignored_columns_are_kept_to_tell_rows_apart(tmp_path):
    source = tmp_path / "table.csv"
    made_table().select("sold", "age", "color").with_columns(who=pl.Series([f"person {row}" for row in range(150)])).write_csv(
        source
    )
    changes = {"schema.columns.who.role": "ignored"}
    made = process.draft(source, target=["sold"], changes=changes)
    assert made.plan.schema.columns["who"].role is Role.IGNORED
    for table in (made.table, load_planned(made.plan)):
        assert table.records.frame.get_column("who").to_list()[:2] == ["person 0", "person 1"]


def whole_numbers(tmp_path, num_different):
    source = tmp_path / "table.csv"
    quality = pl.Series([3 + row % num_different for row in range(150)])
    made_table().select("age", "size").with_columns(quality=quality).write_csv(source)
    return source


def test_numbers_become_classes_when_a_task_of_classes_is_asked_for(tmp_path):
    source = whole_numbers(tmp_path, 6)
    assert load_table(source, target=["quality"]).asked().task == "regression"
    made = process.draft(source, target=["quality"], changes={"task.name": "multiclass"})
    assert made.table.asked().classes == ("3", "4", "5", "6", "7", "8")
    assert made.plan.schema.columns["quality"].kind is Kind.CATEGORY
    assert made.plan.reasons["schema.columns.quality.kind"] == "you asked for the task multiclass"
    assert "you asked for the task multiclass, so its 6 different numbers are 6 classes" in made.table.asked().reason
    assert "you set its kind" not in made.table.asked().reason
    assert made.plan.split.method == "stratified"


@pytest.mark.parametrize(
    ("task", "num_different", "message"),
    [
        (
            "binary",
            6,
            r"'quality' holds 6 different numbers. Expected classes: 2 different values. Use --task multiclass, or --task reg",
        ),
        (
            "multiclass",
            120,
            r"'quality' holds 120 different numbers. Expected classes: 2 to 100 different values. Use --task regression",
        ),
    ],
)
def test_numbers_that_cannot_be_the_classes_of_a_task_are_refused(tmp_path, task, num_different, message):
    with pytest.raises(ColumnError, match=message):
        load_table(whole_numbers(tmp_path, num_different), target=["quality"], changes={"task.name": task})


def test_a_task_of_classes_and_a_target_set_to_numbers_contradict_each_other(tmp_path):
    changes = {"task.name": "multiclass", "schema.columns.quality.kind": "number"}
    with pytest.raises(ColumnError, match=r"asks for classes, and the kind of the target 'quality' was set to number"):
        load_table(whole_numbers(tmp_path, 6), target=["quality"], changes=changes)


def test_a_plan_reads_the_same_table_again(source):
    made = process.draft(source, target=["sold"])
    again = load_planned(made.plan)
    assert again.records.frame.equals(made.table.records.frame)
    assert (again.question, again.fingerprint, again.schema) == (made.table.question, made.table.fingerprint, made.plan.schema)
    assert again.profile.columns["age"] == made.table.profile.columns["age"]


def test_a_changed_source_is_refused(source):
    made = process.draft(source, target=["sold"])
    source.write_text(source.read_text() + "0.5,30,red,yes\n")
    with pytest.raises(InputError, match=r"table.csv is not what it was when the plan was made.*Make a new plan"):
        load_planned(made.plan)
