"""Take AdamW in place of plain gradient descent, with a learning rate of its own.

Why: one rate for all weights is too low for some or too high for others where gradients differ in size from layer to layer;
AdamW divides each by its usual size.

Paper: Kingma, Ba 2014, arXiv 1412.6980, section 2; Choi et al. 2019, arXiv 1910.05446 (tuned alike, the more general one is
never worse).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import LearningPlan, Plan

NAME = "take AdamW"
CURES = {
    "G03-stopped-while-improving": 2,
    "G02-underfitting": 3,
    "T05-learning-rate-too-low": 2,
    "T06-learning-rate-too-high": 4,
    "T11-not-learning": 6,
    "T15-behind-simple-model": 5,
    "T16-could-learn-more": 4,
}
PLAIN = ("sgd", "momentum", "nesterov", "adagrad")


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the optimizer adapts to each weight already."""
    if plan.learning.optimizer not in PLAIN:
        return None
    return Repair(NAME, {"learning.optimizer": LearningPlan().optimizer, "learning.learning_rate": None})
