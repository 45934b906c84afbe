"""Answers, calibration, importance and worst errors agree with other implementations, and their words with the numbers."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from app.report_sample_tasks import houses, labels, many_classes
from app.report_samples import class_predictions, titanic
from espalier.app.report.facts import gather_facts
from espalier.app.report.sections import (
    answers,
    calibration,
    errors,
    importance,
)
from espalier.app.report.wording import PERCENT
from espalier.core.batch import Prediction
from espalier.core.plan import edit
from espalier.evaluation.metrics.probabilities import calibration_error
from espalier.explanation.permutation import ColumnImportance


def facts_of(run, **changes):
    return gather_facts(run.but(**changes), run.records)


def planned(run, **changes):
    return gather_facts(run.but(plan=edit(run.plan, changes, "test")), run.records)


# answers


@pytest.mark.parametrize("num_classes", [2, 5, 18])
def test_the_confusion_matrix_agrees_with_scikit_learn(tmp_path, num_classes):
    run = titanic(tmp_path) if num_classes == 2 else many_classes(tmp_path, num_classes)
    facts = facts_of(run)
    names, table = answers.confusion(facts)
    truth, given = facts.scored["target"].to_list(), facts.scored["prediction"].to_list()
    assert names == run.question.classes
    assert (table == confusion_matrix(truth, given, labels=list(names))).all()
    lines = answers.build(facts).values["lines"]
    recall = recall_score(truth, given, labels=list(names), average=None, zero_division=0)
    precision = precision_score(truth, given, labels=list(names), average=None, zero_division=0)
    shown = [float(line.found.rstrip(PERCENT)) if line.count != "0" else 0.0 for line in lines]
    assert shown == pytest.approx(100 * recall, abs=0.51)
    trusted = [0.0 if line.trusted == "–" else float(line.trusted.rstrip(PERCENT)) for line in lines]
    assert trusted == pytest.approx(100 * precision, abs=0.51)


def test_of_many_classes_those_with_the_most_errors_are_shown(tmp_path):
    run = many_classes(tmp_path, 40, 4000)
    values = answers.build(facts_of(run)).values
    assert len(values["lines"]) == len(values["names"]) == answers.MAX_CLASSES
    assert values["num_hidden"] == 20
    names, table = answers.confusion(facts_of(run))
    wrong = table.sum(0) + table.sum(1) - 2 * np.diag(table)
    assert names[int(wrong.argmax())] in values["names"]


def test_a_class_that_only_the_answers_hold_is_in_the_matrix(tmp_path):
    run = titanic(tmp_path)
    strange = run.predictions.with_columns(prediction=pl.lit("perhaps"))
    names, table = answers.confusion(facts_of(run, predictions=strange))
    assert names == ("no", "yes", "perhaps")
    assert table.sum() == table[:, 2].sum() == 90


def test_errors_of_a_quantity_are_told_by_median_and_ninth_tenth(tmp_path):
    run = houses(tmp_path)
    values = answers.build(facts_of(run)).values
    off = (run.predictions["prediction"] - run.predictions["target"]).abs().to_numpy()
    assert float(values["typical"].replace(",", "")) == pytest.approx(np.median(off), rel=0.01)
    assert float(values["most"].replace(",", "")) == pytest.approx(np.quantile(off, 0.9), rel=0.01)
    assert values["num_outside"] == 20


def test_perfect_predictions_draw_without_failing(tmp_path):
    run = houses(tmp_path)
    perfect = facts_of(run, predictions=run.predictions.with_columns(prediction=pl.col("target")))
    assert answers.build(perfect).values["typical"] == "0"
    assert calibration.build(perfect).values["rows"]
    assert len(errors.build(perfect).values["misses"]) == errors.NUM_WORST


def test_labels_fare_each_on_its_own(tmp_path):
    facts = facts_of(labels(tmp_path))
    truth, given = facts.labels("target"), facts.labels("prediction")
    values = answers.build(facts).values
    assert values["right"] == (truth == given).all(axis=1).sum()
    recall = recall_score(truth, given, average=None)
    assert [float(line[3].rstrip(PERCENT)) for line in values["lines"]] == pytest.approx(100 * recall, abs=0.51)


# calibration


def test_reliability_groups_are_of_equal_size_and_hold_every_row():
    stream = np.random.default_rng(0)
    said = stream.random(1000)
    happened = (stream.random(1000) < said).astype(float)
    bins = calibration.reliability_bins(happened, np.stack([1 - said, said], axis=1))
    order = np.argsort(said)
    chunks = np.array_split(order, 10)
    assert [one.count for one in bins] == [100] * 10
    assert [one.said for one in bins] == pytest.approx([said[chunk].mean() for chunk in chunks])
    assert [one.happened for one in bins] == pytest.approx([happened[chunk].mean() for chunk in chunks])


@pytest.mark.parametrize("said", [[], [0.5], [0.5] * 300, [0.0] * 290 + [1.0] * 10, [0.0] * 10 + [1.0] * 290])
def test_equal_probabilities_stay_in_one_group_of_their_own(said):
    bins = calibration.reliability_bins(np.ones(len(said)), np.stack([1 - np.array(said), said], axis=1))
    assert len(bins) == len(set(said))
    assert sum(one.count for one in bins) == len(said)


def test_an_honest_model_is_called_so_and_an_overconfident_one_too(tmp_path):
    stream, run = np.random.default_rng(1), titanic(tmp_path)
    chance = stream.random(20_000)
    target = np.where(stream.random(20_000) < chance, "yes", "no")
    frame = pl.DataFrame({"part": ["test"] * 20_000, "row": np.arange(20_000), "target": target, "prediction": target})
    for push, words in ((0.0, "close enough"), (0.15, "too high"), (-0.15, "too low")):
        said = np.clip(chance + push, 0, 1)
        honest = frame.with_columns(probability_no=pl.Series(1 - said), probability_yes=pl.Series(said))
        assert words in calibration.build(facts_of(run, predictions=honest)).values["judgement"]


def test_the_gap_is_the_calibration_error_of_the_score_card(tmp_path):
    run = titanic(tmp_path)
    frame = run.predictions
    target = (frame["target"] == "yes").to_numpy().astype(float)
    prediction = Prediction(frame["row"].to_numpy(), target, frame.select("probability_no", "probability_yes").to_numpy())
    expected = calibration_error.measure(target, prediction)
    values = calibration.build(facts_of(run)).values
    assert values["gap"] == f"{100 * expected:.0f}"
    assert f"differ by {100 * expected:.1f} percentage points" in values["chart"]


def test_a_gap_that_chance_explains_is_not_held_against_the_model(tmp_path):
    run = titanic(tmp_path)
    said = np.repeat([0.1, 0.3, 0.5, 0.7, 0.9], 20)
    happened = np.concatenate([np.arange(20) < hits for hits in (3, 5, 11, 13, 19)])
    target = np.where(happened, "yes", "no")
    frame = pl.DataFrame({"row": np.arange(100), "target": target, "prediction": target})
    frame = frame.with_columns(probability_no=pl.Series(1 - said), probability_yes=pl.Series(said))
    values = calibration.build(facts_of(run, predictions=frame)).values
    assert values["gap"] == "5"
    assert values["judgement"].startswith("Chance alone brings about as much")


def test_error_by_size_agrees_with_numpy(tmp_path):
    run = houses(tmp_path)
    rows = calibration.build(facts_of(run)).values["rows"]
    actual, error = run.predictions["target"].to_numpy(), (run.predictions["prediction"] - run.predictions["target"]).to_numpy()
    order = np.argsort(actual, kind="stable")
    expected = [np.abs(error[chunk]).mean() for chunk in np.array_split(order, len(rows))]
    assert [float(row.typical.replace(",", "")) for row in rows] == pytest.approx(expected, rel=0.02)


def test_predicted_quantiles_are_held_against_what_lies_below_them(tmp_path):
    run = houses(tmp_path)
    frame = run.predictions.with_columns(
        pl.lit(run.predictions["target"].median()).alias("quantile_0.5"), pl.lit(1e12).alias("quantile_0.95")
    )
    shown = calibration.build(facts_of(run, predictions=frame)).values["quantiles"]
    assert shown == [(f"50{PERCENT}", f"50{PERCENT}"), (f"95{PERCENT}", f"100{PERCENT}")]


# importance


def test_columns_whose_interval_holds_0_are_not_clear(tmp_path):
    values = importance.build(facts_of(titanic(tmp_path))).values
    assert [(row.column, row.clear) for row in values["rows"]][3:5] == [("Age", True), ("Embarked", False)]
    assert values["best"] == ["Sex", "Pclass", "Fare"]
    assert values["num_idle"] == 3


def test_an_importance_that_is_not_known_comes_last(tmp_path):
    run = titanic(tmp_path)
    found = (ColumnImportance("Name", math.nan, math.nan, math.nan), *run.importance)
    rows = importance.build(facts_of(run, importance=found)).values["rows"]
    assert (rows[-1].column, rows[-1].drop, rows[-1].clear) == ("Name", "–", False)


# worst errors


def test_the_surest_wrong_answers_come_first_with_line_and_values(tmp_path):
    run = titanic(tmp_path)
    values = errors.build(facts_of(run)).values
    wrong = run.predictions.filter(pl.col("target") != pl.col("prediction"))
    given = pl.when(pl.col("target") == "yes").then(pl.col("probability_yes")).otherwise(pl.col("probability_no"))
    first = wrong.sort(given).row(0, named=True)
    miss = values["misses"][0]
    assert (miss.row, miss.actual, miss.predicted) == (str(first["row"]), first["target"], first["prediction"])
    assert values["columns"] == ("PassengerId", "Sex", "Pclass", "Fare", "Age")
    person = run.records.frame.row(first["row"] - 2, named=True)
    assert miss.values[:2] == (str(person["PassengerId"]), person["Sex"])


def test_the_furthest_quantities_come_first(tmp_path):
    run = houses(tmp_path)
    misses = errors.build(facts_of(run)).values["misses"]
    far = (run.predictions["prediction"] - run.predictions["target"]).abs().arg_max()
    assert misses[0].row == str(run.predictions["row"][far])
    assert len(misses) == errors.NUM_WORST


def test_rows_that_the_source_no_longer_has_are_dashes_and_without_rows_no_values_are_shown(tmp_path):
    run = titanic(tmp_path)
    few = gather_facts(run, run.records.take(np.array([0, 1])))
    assert ("–",) * 5 in [miss.values for miss in errors.build(few).values["misses"]]
    assert errors.build(gather_facts(run)).values["columns"] == ()


def test_a_run_without_a_wrong_answer_says_so(tmp_path):
    run = titanic(tmp_path)
    right = run.predictions.with_columns(prediction=pl.col("target"))
    assert errors.build(facts_of(run, predictions=right)).values["misses"] == []


def test_only_the_scored_part_is_judged(tmp_path):
    run = titanic(tmp_path)
    valid = class_predictions(["yes"] * 30, ("no", "yes"), 0.0, seed=9, part="valid")
    both = facts_of(run, predictions=pl.concat([valid, run.predictions]))
    assert both.scored.height == 90
    folds = facts_of(run, predictions=pl.concat([valid, run.predictions]), scorecard=replace(run.scorecard, part="folds"))
    assert folds.scored.height == 90
