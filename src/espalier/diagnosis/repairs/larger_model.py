"""Widen the model: to the width that it has by default where it is narrower, else to the double.

Why: a model that cannot fit the rows that it learns from lacks units, and no way of learning makes up for them.

Source: Goodfellow, Bengio, Courville 2016, Deep Learning, section 11.4.1 (raise the capacity while the training error is high).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import default_of, option_of, width_times

NAME = "widen the model"
CURES = {
    "G02-underfitting": 6,
    "T11-not-learning": 12,
    "T15-behind-simple-model": 9,
}


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the model has no width."""
    width, usual = option_of(plan, "width"), default_of(plan, "width")
    if not isinstance(width, int) or not isinstance(usual, int):
        return None
    return Repair(NAME, {"model.options.width": usual if width < usual else width_times(plan, 2)})
