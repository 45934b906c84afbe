"""Scale numbers to mean 0 and deviation 1.

Why: the loss is as steep along a column as the column is large, and one learning rate cannot suit all. Where
distances within a column matter, this keeps them, which ranks do not.

Paper: LeCun et al. 1998, Efficient BackProp, section 4.3.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "scale numbers to mean 0 and deviation 1"
CURES = {
    "D18-unscaled-numbers": 2,
    "W21-input-scale": 2,
    "W11-first-loss-far-off": 4,
    "T01-diverged": 8,
    "T06-learning-rate-too-high": 8,
    "T07-dying-relu": 8,
    "T08-saturated-units": 6,
    "T11-not-learning": 14,
    "G02-underfitting": 8,
    "T15-behind-simple-model": 7,
}
SCALING = "standard"


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when numbers are scaled in some way already."""
    return Repair(NAME, {"prepare.numbers": SCALING}) if plan.prepare.numbers == "none" else None
