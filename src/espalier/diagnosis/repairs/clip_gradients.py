"""Clip gradients to a norm of 1.

Why: single batches with a huge gradient (a cliff of the loss, an outlier) no longer throw the weights away.

Paper: Pascanu, Mikolov, Bengio 2013, arXiv 1211.5063, section 3.2.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "clip gradients to a norm of 1"
CURES = {"T01-diverged": 4, "T06-learning-rate-too-high": 4}
NORM = 1.0


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when gradients are clipped as tightly already."""
    norm = plan.learning.clip_norm
    return None if norm is not None and norm <= NORM else Repair(NAME, {"learning.clip_norm": NORM})
