"""Generalise: evidence from what a run left behind, and from training again on parts of its rows; the test part stays shut."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from espalier.core.errors import InputError, RunError
from espalier.core.finding import Finding, Severity
from espalier.diagnosis.generalisation import Generalisation
from espalier.diagnosis.size_curve import curve
from espalier.stages import generalise
from espalier.stages.generalise import findings_of, from_run, open_run, with_curves
from small_runs import finish, made_table, run_of


@pytest.fixture(scope="module")
def sold(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("sold"), "sold", {"model.members": 3}, made_table(300))


@pytest.fixture(scope="module")
def price(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("price"), "price", {"learning.epochs": 8})


@pytest.fixture(scope="module")
def curves(sold):
    """Evidence of two sizes and two seeds, and what was told on the way."""
    opened = open_run(sold.folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generalise, "FRACTIONS", (0.4, 1.0))
        patch.setattr(generalise, "NUM_SEEDS", 2)
        return finish(with_curves(opened, from_run(opened), 1000.0))


def test_scores_are_those_of_the_score_card_and_of_the_training_rows(sold):
    opened = open_run(sold.folder)
    standing = from_run(opened).standing
    card = sold.scorecard
    assert standing.metric == card.metric == "roc_auc"
    assert standing.valid.value == pytest.approx(card.network.valid_score)
    assert standing.comparison == card.comparison
    assert (standing.rival, standing.rival_valid) == (card.models[1].name, card.models[1].valid_score)
    assert standing.constant == 0.5
    train = opened.splits.train.records
    assert standing.train.value == pytest.approx(roc_auc_score(opened.truth(train), sold.answer(train).probabilities[:, 1]))
    assert standing.gap.value == pytest.approx(standing.train.value - standing.valid.value)


def test_where_less_is_better_the_gap_is_still_above_zero_when_training_rows_are_better(price):
    standing = from_run(open_run(price.folder)).standing
    assert standing.metric == "rmse"
    assert standing.gap.value == pytest.approx(standing.valid.value - standing.train.value)


def test_the_validation_part_is_answered_with_its_rows_and_its_columns_as_the_person_wrote_them(sold):
    answers = from_run(open_run(sold.folder)).answers
    published = sold.predictions.filter(pl.col("part") == "valid")
    assert answers.rows.tolist() == published["row"].to_list()
    assert [answers.classes[int(one)] for one in answers.values] == published["prediction"].to_list()
    written = made_table(300)
    places = answers.rows - 2
    assert answers.columns["age"].tolist() == written["age"].gather(places).to_list()
    assert answers.columns["color"].tolist() == written["color"].gather(places).to_list()
    assert answers.target_name == "sold"
    assert answers.row_word == "line"


def test_each_network_has_its_losses_and_its_score(sold):
    evidence = from_run(open_run(sold.folder))
    assert [len(one.valid_loss) for one in evidence.epochs] == [2, 2, 2]
    assert evidence.epochs[0].valid_loss.tolist() == sold.history["valid_loss"].to_list()
    assert evidence.epochs[0].is_cut_short
    assert len(set(evidence.seed_scores)) > 1
    assert len(evidence.seed_scores) == 3


def test_one_network_has_no_seeds_to_compare(price):
    assert from_run(open_run(price.folder)).seed_scores == ()


def test_findings_of_the_training_go_upstream_and_notes_do_not(sold):
    found = [
        Finding("T07-dying-relu", "Dead.", Severity.WARN),
        Finding("W20-mostly-frozen", "Frozen.", Severity.NOTE),
        Finding("D10-class-imbalance", "Rare.", Severity.WARN),
    ]
    assert from_run(open_run(sold.folder), found).upstream == ("T07-dying-relu",)


def test_the_test_part_is_not_opened_again(sold, curves):
    assert len(json.loads(sold.folder.openings.read_text())) == 1
    evidence, _ = curves
    test = set(sold.predictions.filter(pl.col("part") == "test")["row"].to_list())
    assert not test & set(evidence.answers.rows.tolist())


def test_curves_train_each_size_with_each_seed_and_tell_of_it(curves):
    evidence, told = curves
    sizes = [(one.fraction, one.num_rows, one.seed) for one in evidence.sizes]
    assert sizes == [(1.0, 240, 0), (0.4, 96, 0), (1.0, 240, 1), (0.4, 96, 1)]
    assert [one.stage for one in told] == ["curve", "curve", "curve", "curve", "cross-fit"]
    assert told[0].sentence.startswith("240 rows, seed 0: roc_auc 0.")
    assert [point.num_rows for point in curve(evidence.sizes)] == [96, 240]


def test_sizes_are_judged_under_the_same_resamples_of_the_validation_rows(curves):
    first, *others = curves[0].sizes
    assert all(one.drawn.shape == first.drawn.shape for one in others)
    undefined = [np.isnan(one.drawn).tolist() for one in curves[0].sizes]
    assert all(one == undefined[0] for one in undefined)


def test_seeds_differ_in_their_weights(curves):
    first, second = (one.answers for one in curves[0].sizes if one.fraction == 1)
    assert not np.allclose(first, second)


def test_every_training_row_is_answered_by_networks_that_did_not_learn_from_it(sold, curves):
    train = open_run(sold.folder).splits.train.records
    assert sorted(curves[0].answers.rows.tolist()) == sorted(train.rows.tolist())
    fresh = sold.answer(train)
    order = np.argsort(curves[0].answers.rows)
    assert not np.allclose(curves[0].answers.probabilities[order], fresh.probabilities[np.argsort(train.rows)])


def test_fewer_rows_get_more_epochs_so_that_there_are_as_many_updates(sold):
    plan = generalise._plan(open_run(sold.folder), 0.1, 1)
    assert (plan.learning.epochs, plan.learning.patience) == (20, 160)
    assert plan.model.members == 1
    assert plan.seed != sold.plan.seed


def test_what_there_is_no_time_for_is_left_out_and_said(sold):
    opened = open_run(sold.folder)
    evidence, told = finish(with_curves(opened, from_run(opened), 1e-9))
    assert evidence.sizes == ()
    assert evidence.answers.rows.tolist() == opened.splits.valid.rows.tolist()
    assert [one.stage for one in told] == ["left out"]
    assert "19 trainings, for want of time" in told[0].sentence


def test_at_most_three_notes_are_told(monkeypatch):
    notes = tuple(Finding(f"G0{number}-x", "It is 1.", Severity.NOTE) for number in range(1, 6))
    warning = Finding("G09-x", "It is 1.", Severity.WARN)
    monkeypatch.setattr(generalise, "examine", lambda evidence: (warning, *notes))
    assert findings_of(Generalisation()) == (warning, *notes[:3])


def test_a_run_that_is_not_finished_is_refused(tmp_path):
    run = run_of(tmp_path, "price")
    run.folder.scorecard.unlink()
    with pytest.raises(RunError, match="The run is not finished"):
        open_run(run.folder)


def test_a_source_that_changed_is_refused(tmp_path):
    run = run_of(tmp_path, "price")
    with (tmp_path / "table.csv").open("a") as file:
        file.write("0.1,33,red,105.0\n")
    with pytest.raises(InputError, match="is not what it was when the plan was made"):
        open_run(run.folder)


@pytest.mark.parametrize("target", ["grade", "visits", ["sold", "grade"]])
def test_every_kind_of_target_is_looked_at(tmp_path, target):
    changes, frame = {}, made_table()
    if isinstance(target, list):
        frame = frame.with_columns(grade=pl.when(pl.col("grade") == "low").then(pl.lit("yes")).otherwise(pl.lit("no")))
        changes["task.name"] = "multilabel"
    evidence = from_run(open_run(run_of(tmp_path, target, changes, frame).folder))
    assert len(evidence.answers.errors) == len(evidence.answers)
    assert np.isfinite(evidence.standing.gap.value)
    assert all(isinstance(one, Finding) for one in findings_of(evidence))


def test_validation_rows_are_judged_by_the_network_that_did_not_learn_from_them(tmp_path):
    run = run_of(tmp_path, "sold", {"model.members": 2, "model.rotate": True})
    opened = open_run(run.folder)
    assert (len(run.networks), len(opened.networks)) == (2, 1)
    standing = from_run(opened).standing
    assert standing.valid.value == pytest.approx(run.scorecard.network.valid_score)
    assert len(from_run(opened).epochs) == 2
