"""Contract of the checks: each fires on its sick example, is silent on its healthy one, and gives plain values."""

import json
import re

import pytest

from diagnosis.examples import PAIRS
from diagnosis.tables import evidence_of, plan_of
from espalier.core.finding import Finding, Severity, from_mapping
from espalier.core.plan import Plan
from espalier.diagnosis.examine import WORST_FIRST, checks, examine

MODULES = {module.__name__.rpartition(".")[2]: module for module in checks()}
SICK = {name: MODULES[name].check(pair(True)) for name, pair in PAIRS.items() if name in MODULES}

every_check = pytest.mark.parametrize("name", sorted(MODULES))


def test_every_check_has_a_pair_and_every_pair_a_check():
    assert set(PAIRS) == set(MODULES)


@every_check
def test_it_fires_on_its_sick_example(name):
    assert isinstance(SICK[name], Finding)


@every_check
def test_it_is_silent_on_its_healthy_example(name):
    assert MODULES[name].check(PAIRS[name](False)) is None


def test_ids_are_unique():
    ids = [finding.id for finding in SICK.values()]
    numbers = [one[:3] for one in ids]
    assert len(set(ids)) == len(ids)
    assert len(set(numbers)) == len(numbers)


@every_check
def test_its_id_is_a_family_a_number_and_the_name_of_its_file(name):
    assert re.fullmatch(r"[DS]\d\d-" + name.replace("_", "-"), SICK[name].id)


@every_check
def test_its_sentence_has_numbers_and_an_end(name):
    finding = SICK[name]
    assert re.search(r"\d", finding.sentence)
    assert finding.sentence.endswith(".")
    assert finding.evidence
    assert finding.advice or finding.repairs
    assert len(finding.rows) <= 100
    assert isinstance(finding.severity, Severity)


@every_check
def test_its_repairs_apply_to_a_plan(name):
    evidence = PAIRS[name](True)
    for repair in SICK[name].repairs:
        plan = evidence.plan or plan_of(evidence.schema)
        repaired = repair.apply(plan)
        assert isinstance(repaired, Plan)
        assert repaired != plan
        assert set(repair.changes) <= set(repaired.reasons)


@every_check
def test_its_finding_survives_json(name):
    finding = SICK[name]
    assert from_mapping(json.loads(json.dumps(finding.to_mapping()))) == finding


@every_check
def test_its_thresholds_stand_at_the_top_of_its_file(name):
    constants = [one for one in vars(MODULES[name]) if re.fullmatch(r"[A-Z][A-Z_]+", one)]
    assert any(isinstance(getattr(MODULES[name], one), int | float) for one in constants)
    assert MODULES[name].__doc__
    assert MODULES[name].check.__doc__.startswith("Fire when")


@every_check
def test_it_looks_at_a_table_of_one_column_without_a_target(name):
    evidence = PAIRS["non_finite"](False)
    bare = evidence_of({"x0": evidence.records.frame["x0"].to_list()}, target="nothing")
    MODULES[name].check(bare)


def test_examine_lists_findings_worst_first():
    findings = examine(PAIRS["non_finite"](True))
    assert findings[0].id == "D01-non-finite"
    order = [WORST_FIRST.index(finding.severity) for finding in findings]
    assert order == sorted(order)
