"""Decay the weights as weakly as a plan does by itself.

Why: where decay pulls harder than the gradient the weights go to zero whatever the rows say.

Source: Espalier's fault catalogue B5; Loshchilov, Hutter 2017, arXiv 1711.05101, section 3.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import LearningPlan, Plan

NAME = "decay the weights less"
CURES = {
    "T14-weight-decay-dominates": 1,
    "T07-dying-relu": 6,
    "T09-vanishing-gradients": 3,
    "T11-not-learning": 4,
    "W12-output-ignores-input": 3,
    "G02-underfitting": 1,
    "T15-behind-simple-model": 2,
    "T16-could-learn-more": 2,
}
STRONG = 0.05  # decoupled decay of published recipes goes from 0 to 0.1


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the decay is not strong."""
    if plan.learning.weight_decay <= STRONG:
        return None
    return Repair(NAME, {"learning.weight_decay": LearningPlan().weight_decay})
