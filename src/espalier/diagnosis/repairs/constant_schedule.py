"""Keep the learning rate constant, in place of a schedule that lowers it too soon.

Why: a schedule is made for the epochs planned; where learning ends earlier or later than that, or falls to almost nothing
at once, most steps do nothing. Early stopping ends a training at a constant rate when it no longer pays.

Source: Espalier's fault catalogue B3; Li et al. 2020, arXiv 1907.06845 (budgeted training: schedule and budget must agree).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "keep the learning rate constant"
CURES = {
    "T10-rate-decayed-early": 1,
    "T11-not-learning": 9,
    "G02-underfitting": 5,
    "T15-behind-simple-model": 10,
    "T16-could-learn-more": 6,
}


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the schedule does not fall by itself."""
    is_steady = plan.learning.schedule in ("constant", "plateau")
    return None if is_steady else Repair(NAME, {"learning.schedule": "constant"})
