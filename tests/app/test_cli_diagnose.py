"""`espalier diagnose`: the findings of a run, and the page of a sign."""

import json

from espalier.app.cli.main import launch
from espalier.diagnosis.pages import find_page, pages


def test_a_sign_is_found_by_its_letter_and_number():
    assert find_page("t01").id == find_page("T01-diverged").id == "T01-diverged"


def test_every_page_tells_what_it_is_when_it_is_told_and_its_numbers():
    for page in pages().values():
        assert len(page.text) > 80, page.id
        assert page.rule.startswith("Fire when"), page.id
        assert page.thresholds, page.id
        assert all(one.value for one in page.thresholds), page.id


def test_the_page_of_a_sign_is_printed(capsys):
    assert launch(["diagnose", "--why", "T01"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("T01-diverged  looked for in the course of a training")
    assert "max rise: 3.0" in shown


def test_the_page_of_a_sign_as_json(capsys):
    assert launch(["diagnose", "--why", "W05", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "W05-shapes-broadcast"


def test_neither_a_run_nor_a_sign_is_refused(capsys):
    assert launch(["diagnose"]) == 2
    assert "Give either the folder of a run, or a sign with --why" in capsys.readouterr().err
