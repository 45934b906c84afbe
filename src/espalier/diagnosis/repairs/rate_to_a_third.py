"""Lower the learning rate to a third.

Why: a step that overshoots the valley floor is the commonest reason of losses that leap or do not settle; a third is
the smallest change that tells, for rates that are only a little too high.

Source: Google's Deep Learning Tuning Playbook (2023), part on unstable training; Cohen et al. 2021, arXiv 2103.00065: steps
are stable up to a curvature of 2 by the rate.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "lower the learning rate to a third"
CURES = {
    "T06-learning-rate-too-high": 3,
    "T01-diverged": 3,
    "T07-dying-relu": 3,
    "T08-saturated-units": 4,
}
FACTOR = 3


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None while the rate is open, because a range test picks it."""
    rate = plan.learning.learning_rate
    return None if rate is None else Repair(NAME, {"learning.learning_rate": float(f"{rate / FACTOR:.3g}")})
