"""Contract of the checks: each fires on its sick example, is silent on its healthy one, and gives plain values."""

import json
import re
from functools import cache

import numpy as np
import pytest

from diagnosis.course_examples import PAIRS as course_pairs
from diagnosis.examples import PAIRS as data_pairs
from diagnosis.generalisation_examples import PAIRS as generalisation_pairs
from diagnosis.picture_examples import PAIRS as picture_pairs
from diagnosis.series_examples import PAIRS as series_pairs
from diagnosis.tables import evidence_of, plan_of
from diagnosis.wiring_examples import PAIRS as wiring_pairs
from espalier.core.finding import Finding, Severity, from_mapping
from espalier.core.plan import Plan
from espalier.diagnosis.course import Course
from espalier.diagnosis.examine import FOLDERS, WORST_FIRST, checks, examine, in_order
from espalier.diagnosis.generalisation import Generalisation
from espalier.diagnosis.wiring import Wiring

PAIRS = {
    (folder, name): pair
    for folder, pairs in {
        "data": {**data_pairs, **picture_pairs, **series_pairs},
        "wiring": wiring_pairs,
        "course": course_pairs,
        "generalisation": generalisation_pairs,
    }.items()
    for name, pair in pairs.items()
}
MODULES = {(folder, module.__name__.rpartition(".")[2]): module for folder in FOLDERS.values() for module in checks(folder)}
NOTHING = {"wiring": Wiring(), "course": Course(np.empty(0)), "generalisation": Generalisation()}


@cache
def sick(sign):
    return MODULES[sign].check(PAIRS[sign](True))


every_check = pytest.mark.parametrize("sign", sorted(MODULES), ids="-".join)
every_check_of_data = pytest.mark.parametrize("sign", sorted(one for one in MODULES if one[0] == "data"), ids="-".join)
every_check_of_training = pytest.mark.parametrize("sign", sorted(one for one in MODULES if one[0] != "data"), ids="-".join)


def test_every_check_has_a_pair_and_every_pair_a_check():
    assert set(PAIRS) == set(MODULES)


@every_check
def test_it_fires_on_its_sick_example(sign):
    assert isinstance(sick(sign), Finding)


@every_check
def test_it_is_silent_on_its_healthy_example(sign):
    assert MODULES[sign].check(PAIRS[sign](False)) is None


def test_ids_are_unique():
    ids = [sick(sign).id for sign in MODULES]
    numbers = [one[:3] for one in ids]
    assert len(set(ids)) == len(ids)
    assert len(set(numbers)) == len(numbers)


@every_check
def test_its_id_is_a_family_a_number_and_the_name_of_its_file(sign):
    family = {"data": "[DS]", "wiring": "W", "course": "T", "generalisation": "G"}[sign[0]]
    assert re.fullmatch(family + r"\d\d-" + sign[1].replace("_", "-"), sick(sign).id)


@every_check
def test_its_sentence_has_numbers_and_an_end(sign):
    finding = sick(sign)
    assert re.search(r"\d", finding.sentence)
    assert finding.sentence.endswith(".")
    assert finding.evidence
    assert finding.advice or finding.repairs
    assert len(finding.rows) <= 100
    assert isinstance(finding.severity, Severity)


@every_check_of_data
def test_its_repairs_apply_to_a_plan(sign):
    evidence = PAIRS[sign](True)
    for repair in sick(sign).repairs:
        plan = evidence.plan or plan_of(evidence.schema)
        repaired = repair.apply(plan)
        assert isinstance(repaired, Plan)
        assert repaired != plan
        assert set(repair.changes) <= set(repaired.reasons)


@every_check
def test_its_finding_survives_json(sign):
    finding = sick(sign)
    assert from_mapping(json.loads(json.dumps(finding.to_mapping()))) == finding


@every_check
def test_its_thresholds_stand_at_the_top_of_its_file(sign):
    constants = [one for one in vars(MODULES[sign]) if re.fullmatch(r"[A-Z][A-Z_]+", one)]
    assert any(isinstance(getattr(MODULES[sign], one), int | float) for one in constants)
    assert MODULES[sign].__doc__
    assert MODULES[sign].check.__doc__.startswith("Fire when")


@every_check_of_data
def test_it_looks_at_a_table_of_one_column_without_a_target(sign):
    evidence = data_pairs["non_finite"](False)
    bare = evidence_of({"x0": evidence.records.frame["x0"].to_list()}, target="nothing")
    MODULES[sign].check(bare)


@every_check_of_training
def test_it_says_nothing_where_nothing_was_seen(sign):
    assert MODULES[sign].check(NOTHING[sign[0]]) is None


@every_check_of_training
def test_its_id_stands_in_its_file_and_its_causes_are_signs(sign):
    assert sick(sign).id == MODULES[sign].ID
    known = {module.ID for module in MODULES.values() if hasattr(module, "ID")}
    assert set(MODULES[sign].EXPLAINED_BY) <= known - {MODULES[sign].ID}


def test_what_follows_from_another_finding_stands_after_it():
    cause = Finding("W05-shapes-broadcast", "Cause.", Severity.STOP)
    other = Finding("D01-non-finite", "Other.", Severity.STOP)
    effect = Finding("T11-not-learning", "Effect.", Severity.WARN)
    ordered = in_order([effect, other, cause])
    assert [one.id for one in ordered] == ["D01-non-finite", "W05-shapes-broadcast", "T11-not-learning"]
    assert ordered[2].cause == "W05-shapes-broadcast"
    assert in_order([effect])[0].cause == ""


def test_examine_lists_findings_worst_first():
    findings = examine(data_pairs["non_finite"](True))
    assert findings[0].id == "D01-non-finite"
    order = [WORST_FIRST.index(finding.severity) for finding in findings]
    assert order == sorted(order)
