"""Sections: the numbers behind them agree with other implementations, and their words with the numbers."""

from dataclasses import replace

import polars as pl
import pytest

from app.report_sample_tasks import houses, labels
from app.report_samples import history_of, titanic
from espalier.app.cli.given.options import changes_of
from espalier.app.report.facts import gather_facts
from espalier.app.report.page import render
from espalier.app.report.sections import (
    choices,
    data,
    learning,
    scores,
    splitting,
    use,
)
from espalier.app.report.wording import PERCENT
from espalier.core.files import write_json
from espalier.core.plan import SplitPlan, edit
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.core.scorecard import Comparison
from espalier.explanation.permutation import ColumnImportance


def facts_of(run, **changes):
    return gather_facts(run.but(**changes), run.records)


def planned(run, **changes):
    return gather_facts(run.but(plan=edit(run.plan, changes, "test")), run.records)


# data


def test_cards_stand_in_the_order_of_importance_and_the_rest_follows(tmp_path):
    run = titanic(tmp_path)
    cards = data.build(facts_of(run)).values["cards"]
    assert [card.name for card in cards][:3] == ["Sex", "Pclass", "Fare"]
    shuffled = facts_of(run, importance=(ColumnImportance("Cabin", 0.5, 0.4, 0.6),))
    assert [card.name for card in data.build(shuffled).values["cards"]][:2] == ["Cabin", "Pclass"]


def test_a_card_tells_missing_shares_ends_levels_and_reason(tmp_path):
    cards = {card.name: card for card in data.build(facts_of(titanic(tmp_path))).values["cards"]}
    age, sex = cards["Age"], cards["Sex"]
    assert age.missing == f"21{PERCENT}"
    assert age.reason == "714 of 714 values are numbers between 0.42 and 80"
    assert "<svg" in age.chart
    assert not age.levels
    assert [(level.name, level.count, level.share) for level in sex.levels] == [
        ("male", 554, f"62{PERCENT}"),
        ("female", 337, f"38{PERCENT}"),
    ]
    assert cards["Cabin"].num_more == 107


def test_dates_and_years_are_written_as_such(tmp_path):
    (tempo, released) = data.build(facts_of(labels(tmp_path / "labels"))).values["cards"]
    assert tempo.name == "tempo"
    assert released.low.startswith("1970-01-")
    assert "<svg" in released.chart
    year = next(card for card in data.build(facts_of(houses(tmp_path / "houses"))).values["cards"] if card.name == "건축년도")
    assert (year.low, year.high) == ("1975", "2023")


@pytest.mark.parametrize(("kind", "is_read"), [(Kind.DATE, True), (Kind.NUMBER, False)])
def test_a_date_that_orders_the_rows_is_read_and_new_rows_must_have_it(tmp_path, kind, is_read):
    run = titanic(tmp_path)
    columns = {**run.schema.columns, "Fare": Column(kind, Role.TIME)}
    facts = facts_of(run, schema=Schema(columns))
    values = data.build(facts).values
    assert values["num_inputs"] == len(facts.run.schema.inputs()) + is_read
    assert ("Fare" in [card.name for card in values["cards"]]) == is_read
    assert ("Fare" in [card.name for card in values["others"]]) != is_read
    assert ("Fare" in [one.name for one in use.build(facts).values["needed"]]) == is_read


# split


def test_parts_are_counted_from_the_split_file(tmp_path):
    values = splitting.build(facts_of(titanic(tmp_path))).values
    assert [(part.title, part.count, part.share) for part in values["parts"]] == [
        ("Training", 713, f"80{PERCENT}"),
        ("Validation", 88, f"9.9{PERCENT}"),
        ("Test", 90, f"10{PERCENT}"),
    ]


def test_of_several_folds_the_first_is_counted(tmp_path):
    run = titanic(tmp_path)
    rows = {"row": [2, 3, 4, 2, 3, 4], "fold": [0, 0, 0, 1, 1, 1], "part": ["train", "train", "test", "train", "test", "test"]}
    pl.DataFrame(rows).write_parquet(run.folder.split)
    assert [part.count for part in splitting.build(facts_of(run)).values["parts"]] == [2, 1]


@pytest.mark.parametrize("method", ["random", "stratified", "group", "time", "column", "files"])
def test_every_way_of_splitting_says_how_and_why(tmp_path, method):
    run = titanic(tmp_path)
    plan = replace(run.plan, split=SplitPlan(method, column="Ticket" if method in ("group", "time", "column") else None))
    values = splitting.build(facts_of(run, plan=plan)).values
    assert values["how"].endswith(".")
    assert ("Ticket" in values["how"]) == (method in ("group", "time", "column"))
    copies = any("equal in every column" in reason for reason in values["why"])
    assert copies == (method in ("random", "stratified", "group"))


@pytest.mark.parametrize(
    ("changes", "how", "why"),
    [
        (
            {"data.test": "later/t.csv"},
            "The test rows came from a source of their own (t.csv);",
            "the test part is independent",
        ),
        ({"data.valid": "v.csv"}, "The validation rows came from a source of their own (v.csv);", "the validation part is"),
        ({"data.valid": "v.csv", "data.test": "t.csv"}, "came from different sources.", "each part is independent"),
    ],
)
def test_only_parts_with_a_source_of_their_own_are_said_to_have_one(tmp_path, changes, how, why):
    values = splitting.build(planned(titanic(tmp_path), **{"split.method": "files", **changes})).values
    assert how in values["how"]
    assert ("dealt out at random from" in values["how"]) == (len(changes) == 1)
    assert why in values["why"][0]


def test_a_test_part_that_was_opened_often_is_said_to_be(tmp_path):
    run = titanic(tmp_path)
    assert "opened once" in splitting.build(facts_of(run)).values["sealed"]
    write_json(run.folder.openings, [{"time": f"2025-05-0{day}", "reason": "look"} for day in range(1, 4)])
    values = splitting.build(facts_of(run)).values
    assert "opened 3 times" in values["sealed"]
    assert len(values["openings"]) == 3


# choices


def test_choices_show_value_and_reason_and_leave_out_columns(tmp_path):
    values = choices.build(facts_of(titanic(tmp_path))).values
    found = {choice.path: (choice.value, choice.reason) for group in values["groups"].values() for choice in group}
    assert found["learning.budget_seconds"] == ("2 min", "you asked for it")
    assert found["model.options"][0] == "width 192, num_members 16"
    assert not any(path.startswith("schema.columns") for path in found)
    rest = {choice.path for choice in values["rest"]}
    assert "learning.patience" in rest
    assert rest.isdisjoint({*found, "model.options.width", "data.fingerprint"})


@pytest.mark.parametrize(
    "value",
    [
        "ignored",
        "no",
        3e-4,
        8,
        0.25,
        True,
        None,
        [],
        ["?", "N/A"],
        "수원시",
        "a b",
        "it's",
        "-999",
        {"width": 64, "names": ["x"]},
    ],
)
def test_a_setting_on_the_page_is_read_back_as_the_same_value_by_the_command_line(value):
    assert changes_of([choices.setting("model.options.x", value)]) == {"model.options.x": value}


# learning


def test_curves_that_end_at_their_best_say_that_more_epochs_may_help(tmp_path):
    run = titanic(tmp_path)
    late = facts_of(run, history=history_of(40, 40))
    assert "may get better" in " ".join(learning.build(late).values["sentences"])
    assert learning.is_cut_short(late)
    assert not learning.is_cut_short(facts_of(run))
    said = " ".join(learning.build(facts_of(run)).values["sentences"])
    assert "Epoch 23 was the best" in said
    assert "The 16 epochs after it brought nothing better, so learning stopped." in said


def test_a_limit_is_named_where_a_limit_ended_the_learning(tmp_path):
    run = titanic(tmp_path)
    short = facts_of(run, history=history_of(33, 23))
    said = " ".join(learning.build(short).values["sentences"])
    assert "Learning stopped because the time budget was used up." in said
    assert "nothing better" not in said
    plan = replace(run.plan, learning=replace(run.plan.learning, epochs=33))
    said = " ".join(learning.build(facts_of(run, plan=plan, history=history_of(33, 23))).values["sentences"])
    assert "Learning stopped because the plan allows 33 epochs." in said


def test_of_several_networks_the_curves_are_those_of_the_first(tmp_path):
    first, second = history_of(20, 12), history_of(30, 25)
    both = pl.concat([first.with_columns(member=pl.lit(0)), second.with_columns(member=pl.lit(1))])
    values = learning.build(facts_of(titanic(tmp_path), history=both)).values
    assert "20 times" in values["sentences"][0]
    assert values["several"] == "member"


# scores


def test_models_are_ranked_and_the_best_of_each_line_is_marked(tmp_path):
    run = titanic(tmp_path)
    values = scores.build(facts_of(run)).values
    assert [rank.name for rank in values["ranks"]][:2] == ["network (tabm)", "gradient-boosted trees"]
    loss = next(row for row in values["rows"] if row.title == "log loss")
    assert [cell.best for cell in loss.cells] == [False] * 7 + [True]  # lower is better there
    main = values["rows"][0]
    assert (main.title, main.main, main.cells[0].best) == ("ROC AUC", True, True)
    assert "higher probability" in main.sentence


def test_lower_is_better_puts_the_lowest_first(tmp_path):
    ranks = scores.build(facts_of(houses(tmp_path))).values["ranks"]
    assert [rank.score for rank in ranks] == ["9,437", "9,812", "14,210", "22,917"]


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((0.01, 0.03), ("0.015 better", "(random forest)", "+0.010 to +0.030. It lies above 0: the network is better")),
        ((-0.03, -0.01), ("baseline (random forest)", "−0.030 to −0.010. It lies below 0: the baseline is better")),
        ((-0.02, 0.04), ("0.015 better", "−0.020 to +0.040. It holds 0", "cannot be told apart")),
    ],
)
def test_the_comparison_is_told_in_words(tmp_path, ends, words):
    run = titanic(tmp_path)
    comparison = Comparison("random forest", 0.0156, *ends)
    said = scores.difference_in_words(facts_of(run, scorecard=replace(run.scorecard, comparison=comparison)))
    assert "the best baseline (random forest)" in said
    assert "network minus baseline" in said
    assert all(word in said for word in words)


def test_the_difference_has_the_sign_of_the_verdict_where_lower_is_better(tmp_path):
    run = houses(tmp_path)
    said = scores.difference_in_words(facts_of(run))
    assert "375 better in" in said
    assert "is −651 to −102. It lies below 0: the network is better" in said


def test_the_baseline_that_was_best_on_validation_is_called_so_and_what_was_left_out_is_named(tmp_path):
    run = titanic(tmp_path)
    models = tuple(replace(one, valid_score=0.8 + index / 100) for index, one in enumerate(run.scorecard.models))
    left = ("support vector machine (more than 5,000 rows)",)
    card = replace(run.scorecard, models=models, left_out=left, threshold_reason="0.5 stays: nothing is gained.")
    page = " ".join(render(run.but(scorecard=card)).split())
    assert "the baseline that was the best on the validation part (gradient-boosted trees)" in page
    assert "Left out: support vector machine (more than 5,000 rows)." in page
    assert "0.5 stays: nothing is gained." in page
    assert "is answered from a probability" not in page
    assert "ROC AUC on validation" in page


def test_rows_that_some_models_did_not_see_are_not_called_the_same(tmp_path):
    run = titanic(tmp_path)
    few = replace(run.scorecard.models[1], num_train_rows=100)
    card = replace(run.scorecard, models=(run.scorecard.network, few, *run.scorecard.models[2:]))
    assert "learnt from rows of the same part, some from fewer of them, and were" in render(run.but(scorecard=card))
    assert "learnt from the same rows and were" in render(run)


def test_the_section_tells_what_its_intervals_come_from_with_and_without_baselines(tmp_path):
    run = titanic(tmp_path)
    said = scores.build(facts_of(run)).values["difference"]
    assert said.endswith("cannot be told apart. The intervals come from rows drawn with replacement.")
    groups = "whole groups of 'family' drawn with replacement: 37 groups"
    alone = replace(run.scorecard, models=(run.scorecard.network,), comparison=None, resampling=groups)
    said = scores.build(facts_of(run, scorecard=alone)).values["difference"]
    assert said == "The intervals come from whole groups of 'family' drawn with replacement: 37 groups."
