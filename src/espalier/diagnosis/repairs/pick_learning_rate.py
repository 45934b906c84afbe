"""Pick the learning rate anew, by a range test on the training rows before the first step.

Why: the rate at which the loss falls fastest depends on the model, the data and the batch; one that was set by hand may be
off by orders of magnitude, and the test finds the right one in about a hundred steps, whichever way it is off.

Paper: Smith 2017, arXiv 1506.01186, section 3.3.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "pick the learning rate anew by a range test"
CURES = {
    "T01-diverged": 1,
    "T05-learning-rate-too-low": 1,
    "T06-learning-rate-too-high": 1,
    "T04-weights-do-not-move": 1,
    "T07-dying-relu": 1,
    "T11-not-learning": 3,
    "G02-underfitting": 2,
    "T15-behind-simple-model": 4,
    "T16-could-learn-more": 4,
    "G03-stopped-while-improving": 3,
}
PICKED = "range test"  # how the reason of a rate begins that such a test has picked


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the rate is open, or a range test has picked it already."""
    if plan.learning.learning_rate is None or is_picked(plan):
        return None
    return Repair(NAME, {"learning.learning_rate": None})


def is_picked(plan: Plan) -> bool:
    """Return whether a range test has picked the rate of a plan."""
    return plan.reasons.get("learning.learning_rate", "").startswith(PICKED)
