"""Contract of the cures: each says what it cures and why, and makes of a sick plan one that differs and can be built."""

import re

import pytest

from espalier import process
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.plan import diff, edit
from espalier.data.prepare.preparation import fit_preparation
from espalier.diagnosis.cures import cures_of, modules
from espalier.diagnosis.examine import FOLDERS, checks
from espalier.diagnosis.model_options import default_of, dropouts_of, option_of, width_times
from espalier.stages.network import make_network, target_kind
from espalier.stages.parts import deal_parts
from small_runs import SHORT, write_table

CURES = {module.__name__.rpartition(".")[2]: module for module in modules()}
SICK = {  # for each cure a plan that it is made for
    "adaptive_optimizer": {"learning.optimizer": "sgd"},
    "as_the_sign_says": {"clean.duplicates": "keep"},
    "balance_classes": {},
    "clip_gradients": {"learning.clip_norm": None},
    "close_the_leak": {},
    "constant_schedule": {"learning.schedule": "exponential"},
    "default_init": {"model.options.init": "orthogonal"},
    "gelu": {"model.options.activation": "sigmoid"},
    "larger_batches": {"learning.batch_size": 2},
    "larger_model": {"model.options.width": 2},
    "leaky_relu": {"model.options.activation": "relu"},
    "less_dropout": {"model.options.dropout": 0.9},
    "less_weight_decay": {"learning.weight_decay": 30.0},
    "loosen_clipping": {"learning.clip_norm": 1e-4},
    "lower_learning_rate": {"learning.learning_rate": 3.0},
    "more_dropout": {"model.options.dropout": 0.0},
    "norm_by_row": {"model.options.norm": "batch"},
    "normalize_layers": {"model.options.norm": "none"},
    "pick_learning_rate": {"learning.learning_rate": 3.0},
    "rate_times_ten": {"learning.learning_rate": 1e-6},
    "scale_by_rank": {"prepare.numbers": "none"},
    "scale_to_deviation": {"prepare.numbers": "none"},
    "smaller_model": {"model.options.width": 512},
    "smooth_labels": {},
    "train_longer": {"learning.epochs": 1},
    "usual_values": {"learning.l1": 1.0},
    "warm_up": {},
}
STEPWISE = ("rate_times_ten", "lower_learning_rate", "larger_model", "smaller_model")  # may be done again
PROPOSED = {
    "as_the_sign_says": (Repair("drop repeated rows", {"clean.duplicates": "drop"}),),
    "close_the_leak": (Repair("leave out 'age'", {"schema.columns.age.role": "ignored"}),),
}
every_cure = pytest.mark.parametrize("name", sorted(CURES))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    source = write_table(tmp_path_factory.mktemp("cures") / "table.csv", "sold")
    return process.draft(source, target=["sold"], changes=SHORT)


def finding_for(name, sign=None):
    return Finding(sign or next(iter(CURES[name].CURES)), "Sick.", Severity.WARN, repairs=PROPOSED.get(name, ()))


def sick_plan(made, name):
    return edit(made.plan, SICK[name], "a fault") if SICK[name] else made.plan


def test_every_cure_has_a_sick_plan_here():
    assert set(SICK) == set(CURES)


@every_cure
def test_it_has_a_name_what_it_cures_and_a_ground(name):
    module = CURES[name]
    assert re.fullmatch(r"[a-z].*[^.]", module.NAME)
    assert module.CURES
    assert all(isinstance(rank, int) and rank > 0 for rank in module.CURES.values())
    assert "\nWhy: " in module.__doc__
    assert re.search(r"\n(Paper|Source): .", module.__doc__)
    assert module.repair.__doc__.startswith("Return the")


@every_cure
def test_what_it_cures_are_signs(name):
    known = {module.ID for folder in FOLDERS.values() for module in checks(folder)}
    assert {sign for sign in CURES[name].CURES if not sign.startswith("G")} <= known


@every_cure
def test_it_makes_another_plan_that_can_be_built(name, made):
    plan = sick_plan(made, name)
    repair = CURES[name].repair(plan, finding_for(name))
    repaired = repair.apply(plan)
    assert diff(plan, repaired)
    assert all(repaired.reasons[path] == f"repair: {repair.name}" for path in repair.changes)
    splits = deal_parts(repaired, made.table, None)[1][0]
    prepared = fit_preparation(splits.train, repaired.schema, repaired.prepare, target_kind(repaired), ("no", "yes"))
    network = make_network(repaired, prepared, 0)
    assert network.predict(splits.valid).values.shape == (len(splits.valid),)


@every_cure
def test_it_says_nothing_of_a_plan_that_is_so_already(name, made):
    plan, finding = sick_plan(made, name), finding_for(name)
    repaired = CURES[name].repair(plan, finding).apply(plan)
    again = CURES[name].repair(repaired, finding)
    assert (again is not None) == (name in STEPWISE)


@every_cure
def test_it_is_among_the_cures_of_its_signs(name, made):
    plan = sick_plan(made, name)
    for sign in CURES[name].CURES:
        repairs = [cure.repair for cure in cures_of(plan, finding_for(name, sign))]
        assert CURES[name].repair(plan, finding_for(name, sign)) in repairs


@pytest.mark.parametrize("name", ["gelu", "normalize_layers", "leaky_relu", "default_init", "larger_model", "less_dropout"])
def test_an_option_that_the_model_lacks_is_not_proposed(name, made):
    plan = edit(made.plan, {"model.name": "linear"}, "a model without options")
    assert CURES[name].repair(plan, finding_for(name)) is None


def test_a_rate_that_a_range_test_has_picked_is_not_picked_again(made):
    plan = edit(made.plan, {"learning.learning_rate": 0.01}, "range test over 100 steps: the loss is lowest at 0.3")
    assert CURES["pick_learning_rate"].repair(plan, finding_for("pick_learning_rate")) is None


def test_a_rate_that_was_picked_for_the_sick_setting_is_picked_anew(made):
    tight, why = {"learning.clip_norm": 1e-4}, "range test over 100 steps: the loss did not fall"
    plan = edit(edit(made.plan, tight, "a fault"), {"learning.learning_rate": 0.001}, why)
    tight_clip = Finding("T17-clipped-too-tightly", "Sick.", Severity.WARN)
    first = cures_of(plan, tight_clip)[0].repair
    assert first.changes == {"learning.clip_norm": 1.0, "learning.learning_rate": None}
    asked = edit(plan, {"learning.learning_rate": 0.001}, "you asked for it")
    assert "learning.learning_rate" not in cures_of(asked, tight_clip)[0].repair.changes


def test_the_likeliest_cure_comes_first(made):
    plan = edit(made.plan, {"learning.learning_rate": 3.0}, "a fault")
    names = [cure.repair.name for cure in cures_of(plan, Finding("T06-learning-rate-too-high", "Sick.", Severity.WARN))]
    assert names[:2] == ["pick the learning rate anew by a range test", "lower the learning rate"]


def test_a_rate_that_a_range_test_has_picked_is_lowered_less(made):
    picked = edit(made.plan, {"learning.learning_rate": 0.3}, "range test over 100 steps: the loss is lowest at 0.3")
    asked = edit(made.plan, {"learning.learning_rate": 0.3}, "you asked for it")
    lower = CURES["lower_learning_rate"]
    rates = [
        lower.repair(plan, finding_for("lower_learning_rate")).changes["learning.learning_rate"] for plan in (picked, asked)
    ]
    assert rates == [0.1, 0.03]


def test_only_leaks_are_proved_by_being_gone(made):
    leak = Finding("D16-target-in-one-column", "Leak.", Severity.WARN, repairs=PROPOSED["close_the_leak"])
    copies = Finding("D02-duplicate-rows", "Copies.", Severity.NOTE, repairs=PROPOSED["as_the_sign_says"])
    assert [cure.closes_leak for cure in cures_of(made.plan, leak)] == [True]
    assert [cure.closes_leak for cure in cures_of(made.plan, copies)] == [False]


def test_a_finding_that_nobody_knows_has_no_cure(made):
    assert cures_of(made.plan, Finding("G99-unheard-of", "New.", Severity.WARN)) == ()


def test_options_are_the_plans_or_the_sizes_or_the_defaults(made):
    plan = made.plan
    assert option_of(plan, "width") == 32
    assert default_of(plan, "width") == 384
    assert option_of(edit(plan, {"model.options.width": 7}, "asked"), "width") == 7
    assert option_of(plan, "num_heads") is None
    assert dropouts_of(edit(plan, {"model.name": "ft-transformer"}, "asked")).keys() == {
        "dropout",
        "residual_dropout",
        "attention_dropout",
    }


def test_a_width_stays_a_multiple_of_the_heads(made):
    plan = edit(made.plan, {"model.name": "ft-transformer", "model.options.width": 24}, "asked")
    assert width_times(plan, 0.5) == 16
    assert width_times(edit(made.plan, {"model.name": "linear"}, "asked"), 2) is None
