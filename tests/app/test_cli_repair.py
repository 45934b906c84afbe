"""Repairs at the command line: proposals, both numbers, the repaired plan, and the test part that stays shut."""

import json

import numpy as np
import polars as pl
import pytest

from espalier.app.cli.main import launch
from espalier.core.plan_file import read_plan
from small_runs import made_table, write_table

QUICK = ["--model", "mlp-tiny", "--epochs", "3", "--set", "baselines=[majority class]", "--quiet"]
QUICK += ["--set", "learning.precision=float32", "--set", "learning.learning_rate=0.01", "--set", "prepare.bins=0"]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    frame = made_table(300)
    told = np.where(frame["sold"] == "yes", 1.0, 0.0) + 0.01 * np.random.default_rng(5).normal(size=300)
    return write_table(
        tmp_path_factory.mktemp("leak") / "houses.csv", "sold", frame.with_columns(paid=pl.Series(told.round(4)))
    )


@pytest.fixture(scope="module")
def run(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "houses"
    assert launch(["train", str(source), "--target", "sold", "--out", str(folder), *QUICK]) in (0, 1)
    return folder


def test_a_leak_is_shown_with_both_numbers_and_the_plan_is_written(run, capsys):
    before = (run / "openings.json").read_bytes()
    capsys.readouterr()
    assert launch(["diagnose", str(run), "--repair"]) == 1
    shown = capsys.readouterr().out
    assert "schema.columns.paid.role: input -> ignored" in shown
    words = " ".join(shown.split())
    assert "accepted: The leak is closed: reported roc auc " in words
    assert "Ask when the column becomes known." in words
    assert f"espalier train {run / 'repaired.yaml'}" in shown
    plan = read_plan(run / "repaired.yaml")
    assert plan.schema.columns["paid"].role == "ignored"
    assert "honest" in plan.reasons["schema.columns.paid.role"]
    assert (run / "openings.json").read_bytes() == before


def test_as_json_everything_is_one_document(run, capsys):
    capsys.readouterr()
    assert launch(["diagnose", str(run), "--repair", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    first = told["repairs"][0]
    assert first["finding"] == "D16-target-in-one-column" and first["accepted"] and first["closes_leak"]
    assert first["changes"] == {"schema.columns.paid.role": {"old": "input", "new": "ignored"}}
    assert len(first["proof"]["before"]) == len(first["proof"]["after"]) == 5
    assert first["proof"]["median_after"] < first["proof"]["median_before"]
    assert told["repaired_plan"] == (run / "repaired.yaml").as_posix()
    assert told["trainings"]["all"] >= 10


def test_repairs_are_told_in_korean(run, capsys):
    capsys.readouterr()
    launch(["diagnose", str(run), "--repair", "--language", "ko"])
    words = " ".join(capsys.readouterr().out.split())
    assert "채택: 누수를 막았습니다. roc auc의 보고된 값은 " in words
    assert "고친 계획으로 학습하기:" in words and "accepted" not in words


def test_train_repairs_and_trains_the_repaired_plan_beside_it(source, tmp_path, capsys):
    folder = tmp_path / "houses"
    assert launch(["train", str(source), "--target", "sold", "--out", str(folder), *QUICK, "--repair"]) in (0, 1)
    shown = capsys.readouterr().out
    assert "Before and after the repair" in shown
    assert (tmp_path / "houses-repaired" / "scorecard.json").is_file()
    assert "paid" not in {
        name
        for name, one in read_plan(tmp_path / "houses-repaired" / "plan.yaml").schema.columns.items()
        if one.role == "input"
    }
    assert len(json.loads((folder / "openings.json").read_text())) == 1
    assert read_plan(tmp_path / "houses-repaired" / "plan.yaml").diagnosis.stop


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["diagnose", "{run}", "--repair", "--seeds", "3"], "3 seeds are asked for; expected 5 to 16."),
        (["diagnose", "{run}", "--seeds", "5"], "--seeds is the number of paired trainings of --repair."),
        (["diagnose", "{run}", "--repair", "--budget", "soon"], "--budget 'soon' is no time above zero."),
        (["train", "sample:iris", "--target", "target", "--repair", "--json"], "--repair and --json do not go together"),
    ],
)
def test_what_cannot_be_is_refused(line, message, run, capsys):
    assert launch([word.format(run=run) for word in line]) == 2
    assert message in capsys.readouterr().err
