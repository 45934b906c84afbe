"""The pages of docs/findings are those that `make docs` writes, and each tells all that a student needs."""

import importlib.util
import re

import pytest

from contracts.source_code import ROOT
from contracts.test_checks import MODULES, sick
from espalier.diagnosis.pages import pages

PLACE = ROOT / "docs" / "make_findings.py"
ANEW = "run: make docs"


def script():
    found = importlib.util.spec_from_file_location("make_findings", PLACE)
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return made


def without_numbers(sentence):
    """Return a sentence whose numbers may differ in their last digits from machine to machine."""
    return re.sub(r"[\d.,]*\d(e[-+]?\d+)?", "#", sentence)


def test_the_written_pages_are_those_of_the_signs():
    made = script().documents()
    held = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "findings").glob("*.md")}
    assert sorted(held) == sorted(made), ANEW
    assert [name for name in made if held[name] != made[name]] == [], ANEW


def test_every_sign_has_a_page_with_its_thresholds_a_fix_and_an_example():
    known = pages()
    assert set(known) == {module.ID for module in MODULES.values()}
    lacking = [id_ for id_, page in known.items() if not (page.thresholds and page.rule and page.example)]
    assert lacking == [], ANEW
    assert [id_ for id_, page in known.items() if not (page.fixes or page.example.repairs)] == []


@pytest.mark.parametrize("sign", sorted(MODULES), ids="-".join)
def test_an_example_is_what_the_sick_example_gives(sign):
    example = pages()[MODULES[sign].ID].example
    assert example is not None, ANEW
    assert without_numbers(example.sentence) == without_numbers(sick(sign).sentence), ANEW
    assert example.severity == sick(sign).severity


def test_links_between_pages_lead_somewhere():
    made = script().documents()
    links = {(name, target) for name, text in made.items() for target in re.findall(r"\]\(([^)]+)\)", text)}
    assert [link for link in links if link[1] not in made] == []


def test_a_page_holds_every_part_in_order():
    text = script().documents()["T06-learning-rate-too-high.md"]
    parts = "How it is measured", "Thresholds", "What explains it", "How to fix it by hand", "An example"
    assert re.findall(r"^## (.*)$", text, flags=re.MULTILINE) == list(parts)
    assert "| max ratio | 0.1 | of an update to its weight |" in text
    assert "| min steps | 50 | before that nothing is said about whether a model learns |" in text
    assert "It is told when updates are large" in text
