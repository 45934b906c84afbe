"""A plan file gives back the plan that was written, and reads what a person writes into it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.core.errors import PlanError
from espalier.core.plan import DataPlan, ModelPlan, Plan, TaskPlan, edit
from espalier.core.plan_file import read_plan, render, write_plan
from espalier.core.schema import Column, Kind, Role, Schema

STRANGE = ("1e-3", "12", "no", "", "a: b", "a.b", "#", "2011-01-01", "a\nb", "\u2028", "\x1b", "고객", "'", "[x", "null")
SCHEMA = Schema({"age": Column(Kind.NUMBER, reason="numbers"), "sold": Column(Kind.CATEGORY, Role.TARGET)})
PLAN = Plan(data=DataPlan("houses.csv"), task=TaskPlan("binary"), model=ModelPlan("mlp"), schema=SCHEMA)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(STRANGE)
SETTINGS = TEXT | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.none() | st.lists(TEXT | st.integers())
COLUMNS = st.builds(
    Column,
    kind=st.sampled_from(Kind),
    role=st.sampled_from(Role),
    missing=st.lists(TEXT).map(tuple),
    format=TEXT,
    order=st.lists(TEXT).map(tuple),
)
PLANS = st.builds(
    Plan,
    data=st.builds(DataPlan, source=TEXT, query=TEXT),
    task=st.builds(TaskPlan, name=TEXT, options=st.dictionaries(TEXT, SETTINGS, max_size=3)),
    model=st.builds(ModelPlan, name=TEXT, options=st.dictionaries(TEXT, SETTINGS, max_size=3)),
    schema=st.builds(Schema, columns=st.dictionaries(TEXT, COLUMNS, max_size=4)),
)


def read_text(tmp_path, text):
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8", newline="\n")
    return read_plan(tmp_path / "plan.yaml")


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(PLANS)
def test_every_plan_comes_back(tmp_path_factory, plan):
    path = tmp_path_factory.getbasetemp() / "plan.yaml"
    write_plan(path, plan)
    assert read_plan(path) == plan


@pytest.mark.parametrize("name", STRANGE)
def test_columns_of_strange_names_keep_their_reasons(tmp_path, name):
    column = Column(Kind.CATEGORY, missing=(name,), order=(name, "x"), reason="# 1e-3: no, a.b # c 'x'")
    plan = edit(PLAN, {"model.options": {"name": name}}, "by hand")
    plan = Plan(data=plan.data, task=plan.task, model=plan.model, schema=Schema({name: column, "z": column}))
    found = read_text(tmp_path, render(plan))
    assert found.model.options == {"name": name}
    assert found.schema.columns[name].missing == (name,)
    assert found.schema.columns[name].reason == column.reason.removeprefix("# ")
    assert found.schema.columns["z"].order == (name, "x")


def test_a_reason_with_signs_that_yaml_forbids_can_be_read_back(tmp_path):
    plan = edit(PLAN, {"seed": 3}, "the cell \x1b[0m\x00")
    assert read_text(tmp_path, render(plan)).reasons == {
        "seed": "the cell \N{REPLACEMENT CHARACTER}[0m\N{REPLACEMENT CHARACTER}"
    }


@pytest.mark.parametrize(
    ("written", "value"), [("1e-3", 1e-3), ("1E5", 1e5), (".5", 0.5), ("-1.5e+3", -1500.0), ("no", "no"), ("'1e-3'", "1e-3")]
)
def test_what_a_person_writes_into_a_plan_is_read_by_the_rules_of_yaml_1_2(tmp_path, written, value):
    text = render(edit(PLAN, {"model.options.dropout": 0.25, "seed": 3}, "why")).replace("dropout: 0.25", f"dropout: {written}")
    found = read_text(tmp_path, text)
    assert found.model.options == {"dropout": value}
    assert type(found.model.options["dropout"]) is type(value)
    assert found.reasons["model.options.dropout"] == "why"


def test_a_learning_rate_may_be_written_with_an_exponent(tmp_path):
    text = render(PLAN).replace("learning_rate: null", "learning_rate: 1e-3")
    assert read_text(tmp_path, text).learning.learning_rate == 0.001


def test_a_tag_that_no_plan_has_is_refused_with_its_line(tmp_path):
    with pytest.raises(PlanError, match="plan.yaml, line 2: not valid YAML .*timestamp"):
        read_text(tmp_path, "data:\n  source: !!timestamp 2011-01-01\n")
