"""`espalier diagnose RUN --curves`: how a run does on other rows, the learning curve, and what follows from it."""

import json

import pytest

from diagnosis.generalisation_examples import FLAT, label_noise, points, standing
from espalier.app.cli.main import launch
from espalier.diagnosis.generalisation import Generalisation
from espalier.stages import generalise
from small_runs import made_table, run_of


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("curves"), "sold", {"learning.epochs": 2}, made_table(300))


@pytest.fixture
def flat(monkeypatch):
    """Trainings that bring a flat curve, and labels of which 15 % are wrong."""
    evidence = Generalisation(standing=standing(), sizes=points(FLAT), answers=label_noise(True).answers)

    def trained(run, seen, seconds):
        yield generalise.StageDone("curve", f"100 rows within {seconds:g} seconds", 1.0)
        return evidence

    monkeypatch.setattr(generalise, "with_curves", trained)


def test_curves_show_the_score_at_each_number_of_rows_and_a_verdict(run, flat, capsys):
    launch(["diagnose", str(run.folder.path), "--curves", "--budget", "2m"])
    shown = capsys.readouterr().out
    assert "100 rows within 120 seconds" in shown
    assert "roc auc by the number of training rows" in shown
    lines = [line.split() for line in shown.splitlines()]
    assert [line[0] for line in lines if len(line) > 4 and line[1] == "3"] == ["100", "200", "400", "800", "1,000"]
    assert "More data or a bigger model?" in shown
    assert "Neither: the last doubling of the rows improved roc auc by" in shown
    assert "G05-more-data-will-not-help" in shown
    assert "G07-label-noise" in shown


def test_the_curve_as_json_stands_alone_on_standard_output(run, flat, capsys):
    launch(["diagnose", str(run.folder.path), "--curves", "--json"])
    told = capsys.readouterr()
    result = json.loads(told.out)
    assert [point["num_rows"] for point in result["curve"]] == [100, 200, 400, 800, 1000]
    assert result["curve"][-1]["valid"]["low"] < result["curve"][-1]["valid"]["value"]
    assert result["verdict"]["kind"] == "neither"
    assert {one["id"] for one in result["findings"]} >= {"G05-more-data-will-not-help", "G07-label-noise"}
    assert "100 rows within 300 seconds" in told.err


def test_too_little_time_is_said_and_nothing_is_made_up(run, capsys):
    launch(["diagnose", str(run.folder.path), "--curves", "--budget", "0.001s"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "19 trainings, for want of time" in shown
    assert "No training on part of the rows fitted into the time. Give more with --budget." in shown


def test_without_curves_nothing_is_trained(run, monkeypatch, capsys):
    monkeypatch.setattr(generalise, "trial", None)
    assert launch(["diagnose", str(run.folder.path), "--json"]) in (0, 1)
    assert "curve" not in json.loads(capsys.readouterr().out)


def test_a_budget_without_curves_is_refused(run, capsys):
    assert launch(["diagnose", str(run.folder.path), "--budget", "2m"]) == 2
    assert "--budget is the time for --curves" in capsys.readouterr().err


def test_findings_of_a_run_are_told_although_its_source_is_gone(tmp_path, capsys):
    gone = run_of(tmp_path, "price")
    (tmp_path / "table.csv").unlink()
    assert launch(["diagnose", str(gone.folder.path)]) in (0, 1)
    shown = " ".join(capsys.readouterr().out.split())
    assert "Findings" in shown
    assert "How the network does on other rows was not looked at:" in shown
    assert launch(["diagnose", str(gone.folder.path), "--curves"]) == 2


def test_curves_are_told_in_korean(run, flat, capsys):
    launch(["diagnose", str(run.folder.path), "--curves", "--language", "ko"])
    shown = capsys.readouterr().out
    assert "데이터를 늘릴까, 모델을 키울까?" in shown
    assert "어느 쪽도 아닙니다." in shown and "Neither" not in shown
