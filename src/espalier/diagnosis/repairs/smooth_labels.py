"""Smooth the labels: a tenth of the probability is spread over all classes.

Why: a network that need not be certain of any single label does not learn wrong ones by heart. The rows that the sign
names are to be looked at all the same.

Paper: Lukasik et al. 2020, arXiv 2003.02819 (smoothing against noisy labels); Szegedy et al. 2015, arXiv 1512.00567, section 7.
"""

from dataclasses import fields

from espalier.core.catalogue import tasks
from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "smooth the labels"
CURES = {"G07-label-noise": 1}
OPTION = "label_smoothing"
SHARE = 0.1


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when labels are smoothed already, or the task has none."""
    task = tasks().get(plan.task.name)
    has_option = task is not None and any(one.name == OPTION for one in fields(task))
    is_plain = plan.task.options.get("loss", "cross_entropy") == "cross_entropy"
    if not has_option or not is_plain or plan.task.options.get(OPTION):
        return None
    return Repair(NAME, {f"task.options.{OPTION}": SHARE})
