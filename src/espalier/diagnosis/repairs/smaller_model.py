"""Halve the width of the model, against overfitting.

Why: fewer weights can know fewer rows by heart. Last among the cures: dropout and decay keep what a wide model can do.

Paper: Geman, Bienenstock, Doursat 1992, Neural Networks and the Bias/Variance Dilemma.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import option_of, width_times

NAME = "halve the width of the model"
CURES = {
    "G01-overfitting": 3,
}
NARROWEST = 16


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the model is narrow already, or has no width."""
    width = option_of(plan, "width")
    halved = width_times(plan, 0.5)
    is_wide = isinstance(width, int) and halved is not None and halved >= NARROWEST
    return Repair(NAME, {"model.options.width": halved}) if is_wide else None
