"""Train longer: up to 100 epochs, as long as the validation loss falls.

Why: a network that was stopped by the number of epochs while it still improved has not learnt all that it can. Early
stopping (the plan's patience) keeps the surplus from doing harm.

Paper: Hoffer, Hubara, Soudry 2017, arXiv 1705.08741 (train longer, generalise better); Prechelt 1998, Early Stopping.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "train longer"
CURES = {
    "T05-learning-rate-too-low": 4,
    "T11-not-learning": 10,
    "G02-underfitting": 3,
    "T15-behind-simple-model": 8,
    "T16-could-learn-more": 5,
    "G03-stopped-while-improving": 4,
}
EPOCHS = 100
FEW = 30  # epochs below which the limit, and not early stopping, may have ended the training


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the plan allows enough epochs for early stopping to decide."""
    return None if plan.learning.epochs >= FEW else Repair(NAME, {"learning.epochs": EPOCHS})
