"""Warm the learning rate up: it rises from 0 over the first tenth of the steps.

Why: the first gradients are large and adaptive optimizers know their size badly, so the first steps at full rate may throw
the weights where they do not come back from.

Paper: Goyal et al. 2017, arXiv 1706.02677, section 2.2; Liu et al. 2020, arXiv 1908.03265 (the variance of early steps).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "warm the learning rate up"
CURES = {"T01-diverged": 5, "T06-learning-rate-too-high": 5, "T07-dying-relu": 5}
WARMUP_FRACTION = 0.1


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the rate is warmed up already."""
    return None if plan.learning.warmup_fraction > 0 else Repair(NAME, {"learning.warmup_fraction": WARMUP_FRACTION})
