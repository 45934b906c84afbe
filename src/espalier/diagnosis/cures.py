"""Cures: what a finding may be repaired with, the likeliest first."""

from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType

from espalier.core.catalogue import modules_of
from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan, diff
from espalier.diagnosis.repairs.pick_learning_rate import is_picked

RATE = "learning.learning_rate"
SETTING = ("learning.clip_norm", "learning.weight_decay", "learning.batch_size", "model.options.", "prepare.numbers")


@dataclass(frozen=True)
class Cure:
    """A repair that may cure a finding.

    Args:
        repair: the edit of the plan.
        closes_leak: it is proved by the leak being gone, and not by a better score.
    """

    repair: Repair
    closes_leak: bool = False


def cures_of(plan: Plan, finding: Finding) -> tuple[Cure, ...]:
    """Return the repairs that would change a plan and may cure a finding, by their rank among the cures of that sign.

    A learning rate that a range test has picked belongs to the setting in which it was picked: a repair that changes that
    setting leaves the rate to a new test.

    Args:
        plan: that was trained.
        finding: what was found.
    """
    known = sorted((module for module in modules() if finding.id in module.CURES), key=lambda one: one.CURES[finding.id])
    made = [(module, module.repair(plan, finding)) for module in known]
    return tuple(
        Cure(_with_open_rate(plan, repair), getattr(module, "CLOSES_LEAK", False))
        for module, repair in made
        if repair is not None and diff(plan, repair.apply(plan))
    )


def _with_open_rate(plan: Plan, repair: Repair) -> Repair:
    """Return the repair with the learning rate left open, where the one there is was picked for what it changes."""
    if not is_picked(plan) or RATE in repair.changes or not any(path.startswith(SETTING) for path in repair.changes):
        return repair
    return replace(repair, changes={**repair.changes, RATE: None})


@cache
def modules() -> tuple[ModuleType, ...]:
    """Return every file of `repairs/`, in the order of their names."""
    return tuple(modules_of("espalier.diagnosis.repairs"))
