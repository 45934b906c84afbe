"""A slice of the doctor's benchmark: every fault of an exact kind is found, healthy twins get no alarm, doses are."""

import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "doctor"))

import run as benchmark
from faults import FAULTS
from twins import healthy, sick

TASK_OF = {"A4": "cancer, MLP", "A6": "diabetes, MLP", "A14": "grammar, attention"}
OTHERWISE = "wine, MLP with dropout"
EXACT = [kind for kind, fault in FAULTS.items() if fault.is_exact]
DOSED = {"A11b": 3, "B2": 2, "B3": 2, "B4": 4, "B5": 4, "B6": 2}


@cache
def plain(task):
    return benchmark.measure(healthy(task, 0, "SGD"), "", None, has_rivals=False)


def seeded(kind, dose):
    twin = sick(healthy(TASK_OF.get(kind, OTHERWISE), 0, "SGD"), kind, dose)
    return benchmark.measure(twin, kind, dose, has_rivals=False)


@pytest.mark.parametrize("task", sorted({OTHERWISE, *TASK_OF.values()}))
def test_a_healthy_twin_gets_no_alarm(task):
    assert plain(task).alarms == []
    assert plain(task).unlooked == []


@pytest.mark.parametrize("kind", EXACT)
def test_a_fault_of_an_exact_kind_is_found_and_named(kind):
    result = seeded(kind, 0)
    assert result.alarms
    assert result.is_named


@pytest.mark.parametrize("kind", DOSED)
def test_a_harmful_dose_of_an_inexact_kind_is_found(kind):
    result = seeded(kind, DOSED[kind])
    assert plain(OTHERWISE).score - result.score >= benchmark.HARMFUL
    assert result.alarms
