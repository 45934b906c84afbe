"""Lower the learning rate to a tenth.

Why: where a third is not enough: each halving of the rate halves the largest curvature that the steps bear, and rates
that break a training are often one or two orders of magnitude too high.

Source: Google's Deep Learning Tuning Playbook (2023), part on unstable training; Cohen et al. 2021, arXiv 2103.00065: steps
are stable up to a curvature of 2 by the rate.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "lower the learning rate to a tenth"
CURES = {
    "T06-learning-rate-too-high": 2,
    "T01-diverged": 2,
    "T11-not-learning": 8,
    "T16-could-learn-more": 8,
}
FACTOR = 10


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None while the rate is open, because a range test picks it."""
    rate = plan.learning.learning_rate
    return None if rate is None else Repair(NAME, {"learning.learning_rate": float(f"{rate / FACTOR:.3g}")})
