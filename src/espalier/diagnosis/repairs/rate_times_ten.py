"""Raise the learning rate tenfold.

Why: updates that are a hundredth of the usual thousandth of a weight's size do not get anywhere in the epochs there are.

Source: Karpathy, CS231n notes, part 3 (updates of about a thousandth of the weights).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "raise the learning rate tenfold"
CURES = {
    "T05-learning-rate-too-low": 2,
    "T04-weights-do-not-move": 2,
    "T16-could-learn-more": 7,
}
FACTOR = 10


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None while the rate is open, because a range test picks it."""
    rate = plan.learning.learning_rate
    return None if rate is None else Repair(NAME, {"learning.learning_rate": float(f"{rate * FACTOR:.3g}")})
