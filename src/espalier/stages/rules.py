"""The rules that fill in a plan: each looks at facts and at what is decided already, and gives a value with its reason."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from espalier.core.plan import DataPlan, ModelPlan, Plan, TaskPlan, edit, with_reasons
from espalier.core.plan_parts import WindowsPlan
from espalier.core.schema import Kind, Role
from espalier.stages.adapt_rules import ADAPT_RULES
from espalier.stages.anomaly import ANOMALY
from espalier.stages.anomaly_rules import ODD_WINDOW_RULES, STEP_RULES, first_stretches
from espalier.stages.facts import Choice, Facts, Rule, num_train_rows
from espalier.stages.network import ROTATING, target_kind
from espalier.stages.parts import check_repeats
from espalier.stages.picture_rules import PICTURE_RULES, first_form
from espalier.stages.series_rules import SERIES_RULES, first_forecast
from espalier.stages.table import HORIZON
from espalier.stages.window_rules import WINDOW_RULES

BATCH_SIZES = ((2_000, 32), (10_000, 128), (100_000, 256), (1_000_000, 1024))  # up to this many training rows: this batch
LARGEST_BATCH = 4096
MIN_ROWS_OF_A_BIN = 30  # training rows for each bin of a number; fewer bins on small tables
BINS = (4, 48)  # fewest and most (the authors of arXiv 2203.05556 tune 2 to 256)
HELD_MARGIN = 0.0  # of the range of the training targets: many are bounded (a share, a capped price), which a margin would undo
AVERAGED_EPOCHS = 4  # the moving average of weights reaches back about so far
LARGEST_AVERAGE = 0.9995
EPOCHS = ((10_000, 400), (100_000, 200))  # up to this many training rows: epochs at most, if early stopping never comes
FEWEST_EPOCHS = 100
TABM_SIZES = ((5_000, 192, 16), (50_000, 128, 16), (500_000, 128, 8))  # up to this many training rows: width, members
TABM_SMALLEST = (96, 8)


def fill_plan(facts: Facts, changes: Mapping[str, Any], seed: int) -> Plan:
    """Return a plan for these facts.

    Args:
        facts: about the data and the question.
        changes: what the person asked for, by dotted path; no rule overrides it.
        seed: of every random choice.

    Raises:
        UnknownNameError: a path that no plan has.
        PlanError: a value of the wrong type or out of range, or repeats without folds.
    """
    data = DataPlan(source=facts.source, query=facts.query, fingerprint=facts.fingerprint)
    plan = Plan(data=data, task=TaskPlan(facts.question.task), model=ModelPlan("tabm"), schema=facts.schema)
    plan = with_reasons(edit(plan, {"seed": seed}, "you asked for it") if seed else plan, {"task.name": facts.question.reason})
    if facts.pictures is not None and facts.schema.inputs(Kind.IMAGE):
        form, reasons = first_form(facts.pictures)
        plan = with_reasons(replace(plan, prepare=replace(plan.prepare, pictures=form)), reasons)
    if facts.timeline is not None:
        if facts.question.task == ANOMALY:
            stretches, reasons = first_stretches(facts.timeline)
            plan = with_reasons(replace(plan, prepare=replace(plan.prepare, stretches=stretches)), reasons)
        else:
            ahead, reasons = first_forecast(facts.timeline, changes.get(HORIZON))
            plan = with_reasons(replace(plan, prepare=replace(plan.prepare, forecast=ahead)), reasons)
    if facts.schema.inputs(Kind.SERIES):
        plan = replace(plan, prepare=replace(plan.prepare, windows=WindowsPlan(facts.window_length)))
    plan = edit(plan, changes, "you asked for it") if changes else plan
    check_repeats(plan)
    for rule in (*RULES, *_rules_of(facts), *ADAPT_RULES):
        for reason, choices in groupby(rule(facts, plan), key=lambda choice: choice[2]):
            open_ones = {path: value for path, value, _ in choices if not _is_asked(path, changes)}
            plan = edit(plan, open_ones, reason) if open_ones else plan
    return plan


def _rules_of(facts: Facts) -> tuple[Rule, ...]:
    """Return the rules for this kind of data."""
    if facts.timeline is not None:
        return STEP_RULES if facts.question.task == ANOMALY else SERIES_RULES
    if facts.schema.inputs(Kind.SERIES):
        return (_split, *(ODD_WINDOW_RULES if facts.question.task == ANOMALY else WINDOW_RULES))
    return (_split, *PICTURE_RULES) if facts.pictures is not None and facts.schema.inputs(Kind.IMAGE) else TABLE_RULES


def _is_asked(path: str, changes: Mapping[str, Any]) -> bool:
    """Return whether the person set this value, a part of it, or the whole that it belongs to."""
    return any(path == asked or path.startswith(f"{asked}.") or asked.startswith(f"{path}.") for asked in changes)


def _split(facts: Facts, plan: Plan) -> list[Choice]:
    groups, times = facts.schema.names(Role.GROUP), facts.schema.names(Role.TIME)
    if plan.data.valid or plan.data.test:
        return [("split.method", "files", "you gave files for the parts")]
    if facts.part is not None and "split.method" not in plan.reasons:
        why = "the source names the part of each row"
        return [("split.column", facts.part, why), ("split.method", "column", why)]
    if plan.split.method == "column" and plan.split.column in plan.schema.columns:
        return [(f"schema.columns.{plan.split.column}.role", Role.IDENTIFIER.value, "it names the part of each row")]
    if plan.split.method == "group" and plan.split.column in plan.schema.columns:
        return [(f"schema.columns.{plan.split.column}.role", Role.GROUP.value, "no row of its groups is known in another part")]
    if groups:
        why = f"rows of one {groups[0]} are alike, so they must not stand on both sides"
        return _by_column("group", groups[0], plan, why)
    if times:
        why = f"{times[0]} orders the rows; the model must be judged on later rows than it learnt from"
        return _by_column("time", times[0], plan, why)
    if facts.question.task in ("binary", "multiclass") or facts.usual is not None:
        return [("split.method", "stratified", "each part gets every class in the same proportion")]
    return [("split.method", "random", "no column orders or groups the rows")]


def _by_column(method: str, column: str, plan: Plan, why: str) -> list[Choice]:
    """Return the split by one column; the column goes first, because the method needs it."""
    if "split.method" in plan.reasons and plan.split.method != method:
        return []
    return [("split.column", column, why), ("split.method", method, why)]


def _model(facts: Facts, plan: Plan) -> list[Choice]:
    rows = num_train_rows(facts, plan)
    why = f"{rows:,} training rows: an ensemble in one network, on average the best table network in arXiv 2410.24210"
    return [("model.name", "tabm", why)]


def _model_size(facts: Facts, plan: Plan) -> list[Choice]:
    """Fit TabM to a CPU: the published size (width 512, 32 members) is for GPUs."""
    if plan.model.name != "tabm" or plan.model.options:
        return []
    rows = num_train_rows(facts, plan)
    width, members = next(((w, k) for limit, w, k in TABM_SIZES if rows <= limit), TABM_SMALLEST)
    options = {"width": width, "num_members": members, "depth": 2}
    return [("model.options", options, f"{rows:,} training rows on a CPU: smaller than the published 512 wide with 32 members")]


def _members(facts: Facts, plan: Plan) -> list[Choice]:
    """Spend a budget that one network leaves over on further ones; without a budget nobody asked for longer learning."""
    if plan.learning.budget_seconds is None or plan.model.name != "tabm" or plan.split.folds:
        return []
    why = "several networks are averaged where the budget allows; how long the first learns will decide"
    choices: list[Choice] = [("model.members", None, why)]
    if plan.split.method in ROTATING:
        why = "the others hold out other rows, so that the validation part is learnt from too (bagging, Breiman 1996)"
        choices.append(("model.rotate", True, why))
    return choices


def _numbers(facts: Facts, plan: Plan) -> list[Choice]:
    if plan.model.name.startswith("linear"):
        return [
            ("prepare.numbers", "standard", "a linear model keeps the shape of its inputs"),
            ("prepare.bins", 0, "a linear model reads plain numbers"),
        ]
    rows = num_train_rows(facts, plan)
    bins = min(max(rows // MIN_ROWS_OF_A_BIN, BINS[0]), BINS[1])
    return [
        ("prepare.bins", bins, f"{rows:,} training rows: at least {MIN_ROWS_OF_A_BIN} for each bin, at most {BINS[1]} bins"),
        ("prepare.numbers", "quantile", "networks learn best from inputs without far tails (arXiv 2106.11959)"),
    ]


def _target(facts: Facts, plan: Plan) -> list[Choice]:
    if plan.task.name == "regression":
        return []
    return [("prepare.target", "none", "only a number that is predicted is scaled")]


def _hold(facts: Facts, plan: Plan) -> list[Choice]:
    """Hold answers near the targets seen; but a target over time may rise above them, and a linear model is to run on."""
    if target_kind(plan) not in ("number", "count") or plan.split.method == "time" or plan.model.name.startswith("linear"):
        return []
    why = "answers stay within the targets of training, as those of trees do: a row unlike all others may not run far beyond"
    return [("prepare.hold", HELD_MARGIN, why)]


def _batch_size(facts: Facts, plan: Plan) -> list[Choice]:
    rows = num_train_rows(facts, plan)
    size = next((size for limit, size in BATCH_SIZES if rows <= limit), LARGEST_BATCH)
    return [("learning.batch_size", size, f"{rows:,} training rows")]


def _average(facts: Facts, plan: Plan) -> list[Choice]:
    steps = max(num_train_rows(facts, plan) // (plan.learning.batch_size * plan.learning.accumulate), 1)
    decay = min(round(1 - 1 / (AVERAGED_EPOCHS * steps + 10), 5), LARGEST_AVERAGE)
    return [("learning.average", decay, f"the mean of the weights of the last {AVERAGED_EPOCHS} epochs or so varies less")]


def _epochs(facts: Facts, plan: Plan) -> list[Choice]:
    rows = num_train_rows(facts, plan)
    epochs = next((epochs for limit, epochs in EPOCHS if rows <= limit), FEWEST_EPOCHS)
    return [("learning.epochs", epochs, f"at most; early stopping decides (patience {plan.learning.patience})")]


def _target_kind(facts: Facts, plan: Plan) -> list[Choice]:
    """Write down why numbers are classes, where they are because of the task (`load_table` reads them so)."""
    target = facts.schema.target
    why = f"you asked for the task {plan.task.name}"
    if target is None or why not in facts.schema.columns[target].reason:
        return []
    return [(f"schema.columns.{target}.kind", facts.schema.columns[target].kind.value, why)]


def _ignored_text(facts: Facts, plan: Plan) -> list[Choice]:
    return [
        (f"schema.columns.{name}.role", Role.IGNORED.value, "free text: table models cannot read it")
        for name in facts.schema.inputs(Kind.TEXT)
    ]


RULES: tuple[Rule, ...] = (_target_kind, _ignored_text)
TABLE_RULES: tuple[Rule, ...] = (
    _split,
    _model,
    _model_size,
    _members,
    _numbers,
    _target,
    _hold,
    _batch_size,
    _average,
    _epochs,
)
