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
