"""Change the plan as the sign proposes that was found.

Why: a sign that has measured what is wrong with which columns, or after how many epochs, proposes the edit itself; whether
that pays is for paired trainings to say, because kept rows and untouched columns are often the better choice.

Source: the page of each sign (`espalier diagnose --why ID`).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import first_that_changes

NAME = "change the plan as its sign proposes"
CURES = {
    "D01-non-finite": 1,
    "D02-duplicate-rows": 1,
    "D03-conflicting-rows": 1,
    "D04-missing-values": 1,
    "D05-missing-spellings": 1,
    "D06-unreadable-cells": 1,
    "D09-class-imbalance": 1,
    "D10-outliers": 1,
    "D11-constant-columns": 1,
    "D12-near-empty-columns": 1,
    "D13-duplicate-columns": 1,
    "D15-many-levels": 1,
    "D18-unscaled-numbers": 1,
    "S08-class-missing-in-part": 1,
    "G01-overfitting": 2,
    "G03-stopped-while-improving": 5,
    "G06-seeds-disagree": 1,
}


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the first repair of the sign that changes the plan; None without one."""
    return first_that_changes(plan, finding.repairs)
