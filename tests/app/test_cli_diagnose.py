"""`espalier diagnose`: the findings of a run, and the page of a sign."""

import json

import polars as pl

from espalier.app.cli.main import launch
from espalier.diagnosis.pages import find_page, pages
from small_runs import made_table, run_of


def test_a_sign_is_found_by_its_letter_and_number():
    assert find_page("t01").id == find_page("T01-diverged").id == "T01-diverged"


def test_every_page_tells_what_it_is_when_it_is_told_and_its_numbers():
    for page in pages().values():
        assert len(page.text) > 80, page.id
        assert page.rule.startswith("It is told when"), page.id
        assert page.thresholds, page.id
        assert all(one.value for one in page.thresholds), page.id


def test_the_page_of_a_sign_is_printed(capsys):
    assert launch(["diagnose", "--why", "T01"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("T01-diverged  Diverged\nlooked for in the course of a training")
    assert "max rise: 3  (newest median by that of the first ten steps)" in shown


def test_the_page_of_a_sign_as_json(capsys):
    assert launch(["diagnose", "--why", "W05", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "W05-shapes-broadcast"


def test_neither_a_run_nor_a_sign_is_refused(capsys):
    assert launch(["diagnose"]) == 2
    assert "Give either the folder of a run, or a sign with --why" in capsys.readouterr().err


def test_the_page_of_a_sign_is_printed_in_korean(capsys):
    assert launch(["diagnose", "--why", "T07", "--language", "ko"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("T07-dying-relu  죽은 ReLU\n학습이 진행되는 동안 스텝마다 살펴봅니다")
    assert "max dead: 0.9" in shown
    assert "직접 고치는 방법" in shown
    assert "units of a layer" not in shown
    assert "영어 원문" not in shown


def test_the_language_comes_from_the_environment_unless_it_is_typed(capsys, monkeypatch):
    monkeypatch.setenv("ESPALIER_LANGUAGE", "ko")
    assert launch(["diagnose", "--why", "W05", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"].startswith("수치를 다루는 손실에")
    assert launch(["diagnose", "--why", "W05", "--language", "en"]) == 0
    assert "Shapes broadcast: a loss of quantities" in capsys.readouterr().out


def test_an_unknown_language_is_refused_with_the_known_ones(capsys):
    assert launch(["diagnose", "--why", "T07", "--language", "fr"]) == 2
    assert "There is no language 'fr'. There are: en, ko." in capsys.readouterr().err


def test_findings_of_a_run_are_told_in_korean(tmp_path, capsys):
    run = run_of(tmp_path, "sold", {"learning.epochs": 1}, made_table().with_columns(same=pl.lit("one")))
    launch(["diagnose", str(run.folder.path), "--language", "ko"])
    shown = capsys.readouterr().out
    assert "진단 결과 (" in shown
    assert "D11-constant-columns  값이 하나뿐인 열" in shown
    assert "모든 행에서 값이 같은 열이 1개 있습니다: 'same'." in shown
    assert "--language ko" in shown.splitlines()[-1]
    assert "the same value in every row" not in shown
