"""Test-time augmentation: the mean of several views, of pictures that training changed so, and what it is told to bring."""

import json

import numpy as np
import polars as pl
import pytest
import torch

from espalier import process
from espalier.app.cli.main import launch
from espalier.core.errors import PlanError
from espalier.core.scorecard import Comparison, ModelScores, Score, Scorecard
from espalier.data.augment.views import View
from espalier.run import Run
from espalier.stages.views import verdict_on_views, views_in
from picture_runs import run_on_folder
from small_runs import SHORT, finish, made_table

FLIP_AND_SHIFT = {"prepare.pictures.augment": [{"name": "flip"}, {"name": "crop", "padding": 2}]}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run_on_folder(tmp_path_factory.mktemp("views"), changes=FLIP_AND_SHIFT)


def positive(run, pixels):
    """Return the probability of the second class of pictures, computed without our loops."""
    with torch.no_grad():
        return torch.sigmoid(run.module(run.prepared.normalize.apply(pixels))[:, 0].double()).numpy()


def test_answers_are_the_mean_of_the_probabilities_of_all_views(made):
    run, photos = made
    frame = run.predict(photos, tta=True)
    files = process.draft(photos).table.records
    (pixels,) = run.prepared.inputs(files)
    assert len(views_in(run.prepared)) == 10
    expected = np.mean([positive(run, view.apply(pixels)) for view in views_in(run.prepared)], axis=0)
    second = f"probability_{run.prepared.classes[1]}"
    np.testing.assert_allclose(frame[second].to_numpy(), expected, atol=1e-6)
    assert not np.allclose(run.predict(photos)[second].to_numpy(), expected, atol=1e-6)


def test_the_command_writes_answers_of_all_views(made, tmp_path):
    run, photos = made
    out = tmp_path / "answers.csv"
    assert launch(["predict", str(run.folder.path), str(photos), "--tta", "--out", str(out)]) == 0
    np.testing.assert_allclose(pl.read_csv(out)[:, 2].to_numpy(), run.predict(photos, tta=True)[:, 2].to_numpy())


def test_scores_stand_beside_those_of_one_view(made, capsys):
    run, photos = made
    assert launch(["evaluate", str(run.folder.path), str(photos), "--tta", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)["scorecard"]
    assert [one["name"] for one in card["models"]] == ["network", "one view"]
    plain = Run(run.folder.path).evaluate(photos)
    assert card["models"][1]["scores"]["roc_auc"]["value"] == pytest.approx(plain.network.scores["roc_auc"].value)
    assert "10 views" in card["verdict"]


def test_the_score_card_is_printed_with_both(made, capsys):
    run, photos = made
    assert launch(["evaluate", str(run.folder.path), str(photos), "--tta"]) == 0
    printed = capsys.readouterr().out
    assert "one view" in printed and "views" in printed


def test_pictures_that_training_did_not_move_are_refused(tmp_path):
    run, photos = run_on_folder(tmp_path, changes={"prepare.pictures.augment": [{"name": "noise"}]})
    with pytest.raises(PlanError, match="there they were neither mirrored nor shifted"):
        run.predict(photos, tta=True)


def test_tables_are_refused(tmp_path):
    made_table().write_csv(tmp_path / "table.csv")
    draft = process.draft(tmp_path / "table.csv", target=["sold"], changes=SHORT)
    run, _ = finish(process.train(draft.plan, tmp_path / "run", draft.table))
    with pytest.raises(PlanError, match="this model reads a table"):
        run.predict(tmp_path / "table.csv", tta=True)


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((0.01, 0.05), "Answering in 2 views helps: accuracy 0.900 against 0.870 in one, +0.030 [+0.010, +0.050]"),
        ((-0.05, -0.01), "Answering in 2 views harms"),
        ((-0.01, 0.05), "Whether answering in 2 views helps cannot be told"),
    ],
)
def test_the_verdict_says_what_views_bring(interval, words):
    models = tuple(
        ModelScores(name, {"accuracy": Score(value, value, value)}, 0.0, 0) for name, value in (("network", 0.9), ("one", 0.87))
    )
    card = Scorecard("binary", "given", 200, "accuracy", True, models, None, "")
    said = verdict_on_views(card, Comparison("one", 0.03, *interval), (View(), View(1)))
    assert words in said
