import pytest

from espalier.core.errors import PlanError, UnknownNameError
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.describe.question import Question
from espalier.stages.rules import HELD_MARGIN, Facts, fill_plan

INPUTS = {"a": Column(Kind.NUMBER), "c": Column(Kind.CATEGORY)}


def facts(num_rows=1000, task="binary", **more):
    classes = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "multilabel": ("u", "v")}.get(task, ())
    kind = Kind.NUMBER if task == "regression" else Kind.CATEGORY
    schema = Schema({**INPUTS, **more, "y": Column(kind, Role.TARGET)})
    return Facts(num_rows, schema, Question(task, classes, "because"), "t.csv", None, "mark")


def plan_of(num_rows=1000, task="binary", changes=None, **more):
    return fill_plan(facts(num_rows, task, **more), changes or {}, seed=3)


def test_the_facts_go_into_the_plan():
    plan = plan_of()
    assert (plan.data.source, plan.data.fingerprint, plan.seed, plan.task.name) == ("t.csv", "mark", 3, "binary")
    assert plan.reasons["task.name"] == "because"


def test_a_seed_below_zero_is_bad_input():
    with pytest.raises(PlanError, match=r"seed is -1; input should be greater than or equal to 0"):
        fill_plan(facts(), {}, seed=-1)


@pytest.mark.parametrize(
    ("task", "method"),
    [("binary", "stratified"), ("multiclass", "stratified"), ("regression", "random"), ("multilabel", "random")],
)
def test_classes_are_split_in_proportion_and_other_targets_at_random(task, method):
    plan = plan_of(task=task)
    assert plan.split.method == method
    assert plan.reasons["split.method"]


def test_groups_are_kept_together_and_come_before_time():
    group, time = Column(Kind.CATEGORY, Role.GROUP), Column(Kind.DATE, Role.TIME)
    assert (plan_of(g=group, t=time).split.method, plan_of(g=group, t=time).split.column) == ("group", "g")
    assert (plan_of(t=time).split.method, plan_of(t=time).split.column) == ("time", "t")


def test_a_method_that_the_person_chose_stays_beside_a_group():
    plan = plan_of(changes={"split.method": "random"}, g=Column(Kind.CATEGORY, Role.GROUP))
    assert (plan.split.method, plan.split.column) == ("random", None)


def test_the_column_that_names_the_parts_is_no_input():
    plan = plan_of(changes={"split.method": "column", "split.column": "c"})
    assert plan.schema.columns["c"].role is Role.IDENTIFIER
    kept = plan_of(changes={"split.method": "column", "split.column": "c", "schema.columns.c.role": "input"})
    assert kept.schema.columns["c"].role is Role.INPUT


def test_the_column_of_groups_that_the_person_names_is_no_input():
    plan = plan_of(changes={"split.method": "group", "split.column": "c"})
    assert plan.schema.columns["c"].role is Role.GROUP


def test_files_for_the_parts_decide_the_method():
    assert plan_of(changes={"data.test": "later.csv"}).split.method == "files"


def test_free_text_is_ignored_unless_the_person_wants_it():
    assert plan_of(t=Column(Kind.TEXT)).schema.columns["t"].role is Role.IGNORED
    assert plan_of(changes={"schema.columns.t.role": "input"}, t=Column(Kind.TEXT)).schema.columns["t"].role is Role.INPUT


@pytest.mark.parametrize(
    ("rows", "batch", "width", "epochs", "bins"),
    [(200, 32, 192, 400, 5), (2_500, 32, 192, 400, 48), (10_000, 128, 128, 400, 48), (100_000, 256, 128, 200, 48),
     (1_000_000, 1024, 96, 100, 48), (5_000_000, 4096, 96, 100, 48)],
)  # fmt: skip
def test_sizes_follow_the_number_of_training_rows(rows, batch, width, epochs, bins):
    plan = plan_of(rows)
    assert (plan.learning.batch_size, plan.learning.epochs, plan.prepare.bins) == (batch, epochs, bins)
    assert (plan.model.name, plan.model.options["width"]) == ("tabm", width)
    assert plan.prepare.numbers == "quantile"


def test_the_average_of_weights_reaches_over_some_epochs():
    assert plan_of(1000, changes={"learning.batch_size": 80}).learning.average == pytest.approx(1 - 1 / (4 * 10 + 10))
    assert plan_of(5_000_000, changes={"learning.batch_size": 16}).learning.average == 0.9995


def test_a_linear_model_reads_plain_numbers():
    plan = plan_of(changes={"model.name": "linear"})
    assert (plan.prepare.numbers, plan.prepare.bins, plan.model.options) == ("standard", 0, {})


def test_only_a_regression_target_is_left_open():
    assert plan_of(task="regression").prepare.target == "auto"
    assert plan_of(task="binary").prepare.target == "none"
    assert plan_of(task="regression", changes={"task.name": "counts"}).prepare.target == "none"


def test_answers_of_a_quantity_are_held_within_the_targets_seen():
    plan = plan_of(task="regression")
    assert plan.prepare.hold == HELD_MARGIN
    assert "within the targets of training" in plan.reasons["prepare.hold"]
    assert plan_of(task="regression", changes={"task.name": "counts"}).prepare.hold == HELD_MARGIN
    assert plan_of(task="regression", changes={"prepare.hold": None}).prepare.hold is None


def test_answers_are_not_held_of_classes_over_time_or_by_a_line():
    assert plan_of(task="binary").prepare.hold is None
    assert plan_of(task="regression", d=Column(Kind.DATE, Role.TIME)).prepare.hold is None
    assert plan_of(task="regression", changes={"model.name": "linear"}).prepare.hold is None


EVERY = {
    "split.method": "random",
    "model.name": "mlp",
    "model.options": {"width": 7},
    "prepare.numbers": "robust",
    "prepare.bins": 3,
    "prepare.target": "standard",
    "learning.batch_size": 11,
    "learning.average": 0.5,
    "learning.epochs": 4,
}


@pytest.mark.parametrize("num_rows", [100, 3_000, 3_000_000])
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_no_rule_overrides_what_the_person_asked_for(task, num_rows):
    plan = plan_of(num_rows, task, EVERY, g=Column(Kind.CATEGORY, Role.GROUP))
    shown = (plan.split.method, plan.model.name, plan.model.options, plan.prepare.numbers, plan.prepare.bins)
    assert shown == ("random", "mlp", {"width": 7}, "robust", 3)
    assert (plan.prepare.target, plan.learning.batch_size, plan.learning.average, plan.learning.epochs) == (
        "standard",
        11,
        0.5,
        4,
    )
    assert {plan.reasons[path] for path in EVERY} == {"you asked for it"}


def test_no_rule_overrides_a_whole_part_or_one_option_of_it():
    assert plan_of(changes={"model": {"name": "mlp", "options": {}, "members": 1}}).model.name == "mlp"
    assert plan_of(changes={"model.options.depth": 1}).model.options == {"depth": 1}


def test_changes_are_checked():
    with pytest.raises(UnknownNameError, match=r"no plan key 'learning.epoch'.*'learning.epochs'"):
        plan_of(changes={"learning.epoch": 2})
    with pytest.raises(PlanError, match=r"learning.epochs is 'many'"):
        plan_of(changes={"learning.epochs": "many"})
    with pytest.raises(PlanError, match=r"split.method 'group' needs split.column"):
        plan_of(changes={"split.method": "group"})


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({}, "10,990"),
        ({"data.valid": "v.csv"}, "12,211"),
        ({"data.test": "t.csv"}, "12,211"),
        ({"data.valid": "v.csv", "data.test": "t.csv"}, "13,737"),
        ({"split.folds": 3}, "8,140"),
    ],
)
def test_the_rows_of_the_rules_are_those_that_are_trained_on(changes, rows):
    assert plan_of(13_737, changes=changes).reasons["learning.batch_size"] == f"{rows} training rows"


def test_repeats_without_folds_are_refused():
    with pytest.raises(PlanError, match=r"split.repeats is 2 and split.folds is not set.*--folds 5, or leave --repeats out"):
        plan_of(changes={"split.repeats": 2})
    assert plan_of(changes={"split.repeats": 2, "split.folds": 3}).split.repeats == 2


def test_a_budget_is_spent_on_several_networks_that_hold_out_different_rows():
    plan = plan_of(changes={"learning.budget_seconds": 60.0})
    assert (plan.model.members, plan.model.num_members, plan.model.rotate) == (None, 1, True)
    assert "where the budget allows" in plan.reasons["model.members"]
    assert "learnt from too" in plan.reasons["model.rotate"]
    assert (plan_of().model.members, plan_of().model.rotate) == (1, False)


def test_a_validation_part_that_is_later_than_the_others_is_not_learnt_from():
    plan = plan_of(changes={"learning.budget_seconds": 60.0}, t=Column(Kind.DATE, Role.TIME))
    assert (plan.split.method, plan.model.members, plan.model.rotate) == ("time", None, False)


@pytest.mark.parametrize("more", [{"model.members": 1}, {"model.name": "mlp"}, {"split.folds": 3}])
def test_a_number_of_networks_a_model_or_folds_that_were_asked_for_stay(more):
    assert plan_of(changes={"learning.budget_seconds": 60.0, **more}).model.members == 1
