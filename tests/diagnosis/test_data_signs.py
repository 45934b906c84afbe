"""Signs in the data: the cases beyond the pair of each check."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from diagnosis.examples import hours, plain
from diagnosis.tables import NUM_ROWS, evidence_of, numbers, plan_of, stream, yes_no
from espalier.core.finding import Severity
from espalier.core.plan import CleanPlan
from espalier.core.schema import Column, Kind, Role
from espalier.data.clean import clean
from espalier.data.parse import ParseIssue
from espalier.diagnosis.checks.data import (
    class_imbalance,
    conflicting_rows,
    constant_columns,
    duplicate_columns,
    duplicate_rows,
    few_rows,
    identifier_as_input,
    many_levels,
    missing_spellings,
    missing_values,
    near_empty_columns,
    no_inputs,
    non_finite,
    outliers,
    rare_classes,
    target_in_one_column,
    target_is_a_formula,
    unreadable_cells,
    unscaled_numbers,
)
from espalier.diagnosis.examine import examine


def coarse(seed=0, num_rows=600):
    draws = stream(seed)
    columns = {f"c{i}": draws.choice(["a", "b", "c"], num_rows) for i in range(3)}
    return {**columns, "y": np.where(draws.random(num_rows) < 0.3, "yes", "no")}


def test_the_number_of_repeated_rows_is_that_which_clean_would_drop():
    evidence = evidence_of(coarse())
    finding = duplicate_rows.check(evidence)
    cleaned = clean(evidence.records, evidence.schema, CleanPlan(duplicates="drop"))
    assert finding.evidence["num_repeated"] == cleaned.removed[0].count


def test_rows_of_different_groups_are_no_duplicates():
    columns = coarse()
    evidence = evidence_of({**columns, "shop": [f"s{i}" for i in range(600)]}, shop=Role.GROUP)
    finding = duplicate_rows.check(evidence)
    assert finding.sentence.startswith("No row repeats another in every column, but ")
    assert "different in what it does not read ('shop'): lines " in finding.sentence
    assert finding.repairs == ()
    assert "keep them" in finding.advice


def test_a_row_counter_does_not_hide_copies_and_a_name_does():
    columns = {"number": np.arange(600.0), **coarse()}
    finding = duplicate_rows.check(evidence_of(columns, number=Role.IDENTIFIER))
    assert "in every column but 'number', which only counts the rows; lines " in finding.sentence
    assert finding.repairs[0].changes == {"clean.duplicates": "drop"}
    assert finding.evidence["num_rows"] == finding.evidence["num_repeated"] > len(finding.rows) == 100
    named = evidence_of({**columns, "name": [f"n{i}" for i in range(600)]}, number=Role.IDENTIFIER, name=Role.IDENTIFIER)
    assert duplicate_rows.check(named).repairs == ()


def test_copies_and_rows_that_look_alike_are_told_apart():
    columns = {"a": ["u"] * 6, "name": ["p", "p", "q", "r", "s", "t"], "y": ["yes"] * 6}
    finding = duplicate_rows.check(evidence_of(columns, name=Role.IDENTIFIER))
    assert finding.sentence.startswith("1 row of 6 (16.7%) repeats an earlier row in every column; lines 2 and 3 are equal")
    assert finding.sentence.endswith(
        "4 other rows look to the model like an earlier one: equal in every input and in the answer, different in what it "
        "does not read ('name')."
    )


def test_rows_that_look_alike_and_differ_in_the_target_are_a_note_without_a_repair():
    columns = {**coarse(), "name": [f"n{i}" for i in range(600)]}
    finding = conflicting_rows.check(evidence_of(columns, name=Role.IDENTIFIER))
    assert finding.severity is Severity.NOTE
    assert "look alike to the model (equal in every input, different in columns that it does not read)" in finding.sentence
    assert "Any model of these inputs is wrong on at least" in finding.sentence
    assert finding.repairs == ()


def test_missing_values_are_a_share_of_all_rows_that_were_read():
    evidence = evidence_of(plain(x1=[None if i % 2 else 1.0 for i in range(NUM_ROWS)]))
    fewer = replace(evidence, records=evidence.records.take(np.arange(1, NUM_ROWS)))
    assert "'x1' (50.0%)" in missing_values.check(fewer).sentence


def test_a_table_of_free_text_alone_stops():
    texts = [f"remark number {i} on this and that" for i in range(NUM_ROWS)]
    columns = {"question": texts, "answer": texts[::-1], "y": plain()["y"]}
    finding = no_inputs.check(evidence_of(columns, question=Column(Kind.TEXT), answer=Column(Kind.TEXT)))
    assert finding.severity is Severity.STOP
    assert finding.sentence.startswith("No input column is left to learn from among 3 columns")
    assert "Free text: 'question' and 'answer'" in finding.sentence
    named = no_inputs.check(evidence_of({"name": texts, "y": plain()["y"]}, name=Role.IDENTIFIER))
    assert "--set schema.columns.NAME.role=input" in named.advice


@pytest.mark.parametrize(
    ("issues", "words"),
    [
        (((3_334, 100),), "see lines 2, 3, 4 and 3,331 more."),
        (((2, 2), (1, 1)), "see lines 2 and 3."),
        (((3_334, 100), (1, 1)), "see for example line 2."),
    ],
)
def test_rows_with_unreadable_cells_are_counted_though_a_hundred_are_named(issues, words):
    told = tuple(
        ParseIssue(f"x{index}", "A sentence.", tuple(range(2, 2 + named)), count) for index, (count, named) in enumerate(issues)
    )
    assert words in unreadable_cells.check(replace(evidence_of(plain()), issues=told)).sentence


def test_conflicts_among_coarse_columns_are_a_note_and_count_the_unavoidable_errors():
    columns = coarse()
    frame = pl.DataFrame(columns)
    counts = frame.group_by("c0", "c1", "c2").agg(pl.col("y").value_counts(sort=True).first().struct.field("count"))
    finding = conflicting_rows.check(evidence_of(columns))
    assert finding.severity is Severity.NOTE
    assert finding.evidence["num_unavoidable_errors"] == 600 - counts["count"].sum()


def test_conflicts_among_fine_columns_are_a_warning():
    columns = {name: np.concatenate([values, values[:8]]) for name, values in numbers().items()}
    answers = yes_no(columns["x0"])
    answers[-8:] = np.where(answers[:8] == "yes", "no", "yes")
    finding = conflicting_rows.check(evidence_of({**columns, "y": answers}))
    assert finding.severity is Severity.WARN
    assert finding.evidence["num_unavoidable_errors"] == 8
    assert finding.rows[:2] == (2, 3)


def test_different_numbers_on_equal_inputs_are_a_note():
    columns = coarse()
    finding = conflicting_rows.check(evidence_of({**columns, "y": stream().normal(size=600)}))
    assert finding.severity is Severity.NOTE
    assert "wrong" not in finding.sentence


def test_non_finite_targets_stop_and_are_not_left_out():
    finding = non_finite.check(evidence_of({"x": [1.0] * 9, "y": [1.0] * 8 + [np.inf]}))
    assert finding.severity is Severity.STOP
    assert finding.rows == (10,)
    assert finding.repairs == ()


def test_an_indicator_is_the_first_cure_for_missing_values_when_there_is_none():
    evidence = evidence_of(plain(x1=[None, 1.0] * 200))
    plan = plan_of(evidence.schema)
    bare = replace(evidence, plan=replace(plan, prepare=replace(plan.prepare, indicators=False)))
    assert missing_values.check(bare).repairs[0].changes == {"prepare.indicators": True}
    assert "schema.columns.x1.role" in missing_values.check(evidence).repairs[0].changes


def test_a_column_that_is_left_out_already_needs_no_repair():
    for check, values in ((constant_columns, [1.0] * NUM_ROWS), (near_empty_columns, [1.0, 2.0] + [None] * (NUM_ROWS - 2))):
        finding = check.check(evidence_of(plain(x1=values), x1=Role.IGNORED))
        assert "left out" in finding.sentence
        assert finding.repairs == ()


def test_a_flag_that_is_either_one_value_or_missing_is_not_constant():
    assert constant_columns.check(evidence_of(plain(x1=["given", None] * 200))) is None


def test_repairs_of_spellings_name_each_column():
    finding = missing_spellings.check(evidence_of(plain(), colour=Column(Kind.CATEGORY, missing=("?", "N/A"))))
    assert finding.repairs[0].changes == {"schema.columns.colour.missing": []}
    assert "'?' and 'N/A' are read" in finding.sentence


def test_weights_are_not_proposed_where_they_are_set():
    evidence = evidence_of(plain(y=["yes"] * 10 + ["no"] * (NUM_ROWS - 10)))
    plan = plan_of(evidence.schema)
    cured = replace(evidence, plan=replace(plan, task=replace(plan.task, class_weights="balanced")))
    assert class_imbalance.check(evidence).repairs
    assert class_imbalance.check(cured).repairs == ()


def test_the_fractions_of_the_plan_decide_which_class_is_rare():
    answers = ["rare"] * 6 + ["a", "b"] * 197
    evidence = evidence_of(plain(y=answers), method="stratified")
    split = replace(evidence.plan.split, train=0.6, valid=0.2, test=0.2)
    assert rare_classes.check(evidence) is not None
    assert rare_classes.check(replace(evidence, plan=replace(evidence.plan, split=split))) is None


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("tail", ["normal", "lognormal", "exponential", "counts"])
def test_long_tails_are_no_outliers(tail, seed):
    draws = stream(seed)
    values = {
        "normal": draws.normal(size=NUM_ROWS),
        "lognormal": draws.lognormal(0, 1.0, NUM_ROWS),
        "exponential": draws.exponential(1, NUM_ROWS),
        "counts": draws.poisson(0.3, NUM_ROWS).astype(float),
    }[tail]
    assert outliers.check(evidence_of(plain(x1=values))) is None


def test_a_far_target_offers_the_logarithm():
    values = stream().lognormal(0, 0.5, NUM_ROWS)
    values[7] = 500.0
    finding = outliers.check(evidence_of({**numbers(), "y": values}))
    assert finding.rows == (9,)
    assert {"prepare.target": "log"} in [repair.changes for repair in finding.repairs]


def test_outliers_on_both_sides_are_counted():
    values = numbers()["x1"]
    values[[3, 4, 5]] = (900, -700, 905)
    assert outliers.check(evidence_of(plain(x1=values))).evidence["x1"]["count"] == 3


def test_a_unit_of_measure_makes_a_duplicate_and_noise_does_not():
    celsius = numbers()["x1"] * 10 + 20
    finding = duplicate_columns.check(evidence_of(plain(x1=celsius, fahrenheit=celsius * 9 / 5 + 32)))
    assert finding.evidence["same_as"] == {"fahrenheit": "x1"}
    assert duplicate_columns.check(evidence_of(plain(x1=celsius, other=celsius + 0.01 * numbers()["x2"]))) is None


def test_numbers_that_are_different_in_every_row_are_not_renamed_copies():
    assert duplicate_columns.check(evidence_of(plain(x1=np.arange(400.0) ** 1.5, x2=stream().permutation(400) * 1.1))) is None


def test_a_column_with_holes_elsewhere_is_no_duplicate():
    values = numbers()["x1"]
    holes = np.where(np.arange(NUM_ROWS) == 3, np.nan, values)
    assert duplicate_columns.check(evidence_of(plain(x1=values, other=pl.Series(holes).fill_nan(None)))) is None


def test_whole_numbers_with_gaps_are_an_identifier_only_when_they_are_named_so():
    values = stream().permutation(100_000)[:NUM_ROWS].astype(float)
    assert identifier_as_input.check(evidence_of(plain(population=values))) is None
    finding = identifier_as_input.check(evidence_of(plain(customer_id=values)))
    assert finding.severity is Severity.WARN
    assert finding.repairs[0].changes == {"schema.columns.customer_id.role": "identifier"}


def test_a_lone_running_number_is_an_input():
    assert identifier_as_input.check(evidence_of({"x": np.arange(100.0), "y": np.arange(100.0) ** 2})) is None


def test_levels_beyond_the_plans_limit_are_many():
    evidence = evidence_of({"shade": [f"s{i % 60}" for i in range(4000)], "y": ["a", "b"] * 2000}, method="random")
    assert many_levels.check(evidence) is None
    plan = replace(evidence.plan, prepare=replace(evidence.plan.prepare, max_levels=50))
    assert many_levels.check(replace(evidence, plan=plan)).evidence["num_levels"] == {"shade": 60}


def test_fewer_rows_than_columns_is_a_warning_and_folds_are_offered():
    finding = few_rows.check(evidence_of(numbers(150, 100) | {"y": ["a", "b"] * 50}))
    assert finding.severity is Severity.WARN
    assert finding.repairs[0].changes == {"split.folds": 5}


def test_numbers_are_not_called_unscaled_when_the_plan_scales_them():
    evidence = evidence_of(plain(x1=numbers()["x1"] * 1e6), method="random")
    assert unscaled_numbers.check(evidence) is None


def test_a_copy_of_the_classes_under_other_names_stops():
    answers = plain()["y"]
    finding = target_in_one_column.check(evidence_of(plain(alive=np.where(answers == "yes", "alive", "dead"))))
    assert finding.severity is Severity.STOP
    assert finding.evidence["copies"] == ["alive"]
    assert finding.evidence["score_with"] > 0.99 > 0.95 > finding.evidence["score_without"]


def test_a_copy_of_a_number_stops_and_another_unit_of_it_warns():
    columns = numbers()
    target = columns["x0"] + stream(3).normal(size=NUM_ROWS)
    copy = target_in_one_column.check(evidence_of({**columns, "price": target, "y": target}))
    unit = target_in_one_column.check(evidence_of({**columns, "price": target * 1.1 + 2, "y": target}))
    assert copy.severity is Severity.STOP
    assert unit.severity is Severity.WARN


def test_a_column_that_is_filled_in_after_the_outcome_is_found_by_its_holes():
    answers = plain()["y"]
    number = [float(i % 9) if one == "yes" else None for i, one in enumerate(answers)]
    finding = target_in_one_column.check(evidence_of(plain(boat=number)))
    assert finding.evidence["by_missing_values"]
    assert "by whether it is filled in" in finding.sentence


def test_classes_under_other_names_are_found_with_some_cells_wrong():
    columns = plain(y=stream(20).choice(["yes", "no"], NUM_ROWS))
    wrong = stream(21).random(NUM_ROWS) < 0.05
    status = np.where((columns["y"] == "yes") ^ wrong, "closed", "open")
    finding = target_in_one_column.check(evidence_of({**columns, "status": status}))
    assert finding.columns == ("status",)
    assert 0.92 < finding.evidence["alone"]["status"] < 0.975
    twice = np.where((columns["y"] == "yes") ^ (stream(22).random(NUM_ROWS) < 0.06), "up", "down")
    assert target_in_one_column.check(evidence_of({**columns, "status": status, "honest rival": twice})) is None


def test_a_strong_honest_column_is_no_leak():
    for seed in range(4):
        score = numbers(seed=seed)["x0"]
        evidence = evidence_of({**numbers(seed=seed), "y": yes_no(score, seed=seed + 70, noise=0.6)})
        assert target_in_one_column.check(evidence) is None


def test_a_leak_into_one_of_several_labels_is_found():
    columns = numbers()
    labels = {"first": (yes_no(columns["x0"], seed=6) == "yes") * 1.0, "second": yes_no(columns["x1"], seed=5)}
    evidence = evidence_of(
        {**columns, **labels, "told": np.where(labels["second"] == "yes", "p", "q")},
        target="none", first=Role.TARGET, second=Role.TARGET, told=Role.INPUT,
    )  # fmt: skip
    assert target_in_one_column.check(evidence).columns == ("told",)


def test_a_leaking_column_with_dots_in_its_name_is_left_out_by_its_repair():
    evidence = evidence_of(plain() | {"emp.var.rate": plain()["y"]})
    repaired = target_in_one_column.check(evidence).repairs[0].apply(plan_of(evidence.schema))
    assert repaired.schema.columns["emp.var.rate"].role is Role.IGNORED


@pytest.mark.parametrize("seed", range(3))
def test_a_product_of_columns_is_a_formula(seed):
    price, quantity = stream(seed).uniform(1, 9, NUM_ROWS), stream(seed + 9).integers(1, 20, NUM_ROWS) * 1.0
    finding = target_is_a_formula.check(evidence_of({**numbers(), "price": price, "pieces": quantity, "y": price * quantity}))
    assert set(finding.columns) == {"price", "pieces"}
    assert "their product" in finding.sentence


def test_a_weighted_sum_is_found_among_other_columns():
    columns = numbers(8)
    target = 2 * columns["x1"] - 3 * columns["x4"] + 0.5 * columns["x7"] + 40
    finding = target_is_a_formula.check(evidence_of({**columns, "y": target}))
    assert finding.columns == ("x1", "x4", "x7")
    assert finding.evidence["weights"] == pytest.approx({"x1": 2, "x4": -3, "x7": 0.5}, rel=1e-6)


def test_a_sum_with_a_little_noise_is_no_formula():
    columns = numbers(3)
    target = columns["x0"] + columns["x1"] + 0.03 * stream(4).normal(size=NUM_ROWS)
    assert target_is_a_formula.check(evidence_of({**columns, "y": target})) is None


def test_a_few_huge_rows_do_not_make_a_formula():
    columns = numbers(3)
    columns["x0"][:4] = columns["x1"][:4] = 1e6
    target = columns["x0"] + columns["x1"] + stream(4).normal(size=NUM_ROWS)
    assert target_is_a_formula.check(evidence_of({**columns, "y": target})) is None


@pytest.mark.parametrize("seed", range(12))
def test_ordinary_tables_raise_no_alarm(seed):
    draws = stream(seed)
    size = int(draws.integers(120, 900))
    columns = {f"n{i}": draws.normal(size=size).round(int(draws.integers(1, 6))) for i in range(int(draws.integers(1, 6)))}
    columns |= {f"c{i}": draws.choice(list("abcdefgh"), size) for i in range(int(draws.integers(0, 4)))}
    columns["built"] = draws.permutation(hours(size))
    score = columns["n0"] + (columns["c0"] == "a" if "c0" in columns else 0) + draws.normal(size=size)
    answers = (score, np.where(score > 0.3, "yes", "no"), np.digitize(score, [-1, 0, 1]).astype(str))[seed % 3]
    alarms = [one for one in examine(evidence_of({**columns, "y": answers})) if one.severity is not Severity.NOTE]
    assert alarms == []
