"""Lower the learning rate: to a tenth, or to a third where a range test has picked it.

Why: a step that overshoots the valley floor is the commonest reason of losses that leap or do not settle. A rate that was set
by hand and breaks a training is often one or two orders of magnitude too high; one that a range test has picked is at most a
little too high.

Source: Google's Deep Learning Tuning Playbook (2023), part on unstable training; Cohen et al. 2021, arXiv 2103.00065: steps
are stable up to a curvature of 2 by the rate.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.repairs.pick_learning_rate import is_picked

NAME = "lower the learning rate"
CURES = {
    "T06-learning-rate-too-high": 2,
    "T01-diverged": 2,
    "T07-dying-relu": 3,
    "T08-saturated-units": 4,
    "T11-not-learning": 8,
    "T16-could-learn-more": 8,
}
FACTOR = 10
PICKED_FACTOR = 3


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None while the rate is open, because a range test picks it."""
    rate = plan.learning.learning_rate
    if rate is None:
        return None
    return Repair(NAME, {"learning.learning_rate": float(f"{rate / (PICKED_FACTOR if is_picked(plan) else FACTOR):.3g}")})
