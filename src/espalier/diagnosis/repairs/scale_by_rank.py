"""Scale numbers by their ranks.

Why: columns of thousands drown columns of tenths, and a few far values drown all others; ranks have neither.
Differs from deviations: it bends the column, so that outliers stand beside their neighbours.

Paper: Gorishniy et al. 2021, arXiv 2106.11959, section 4.2 (quantile transformation of the inputs).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "scale numbers by their ranks"
CURES = {
    "W21-input-scale": 1,
    "W11-first-loss-far-off": 3,
    "T01-diverged": 7,
    "T06-learning-rate-too-high": 7,
    "T07-dying-relu": 7,
    "T08-saturated-units": 5,
    "T11-not-learning": 13,
    "G02-underfitting": 7,
    "T15-behind-simple-model": 6,
}
SCALING = "quantile"


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when numbers are scaled in some way already."""
    return Repair(NAME, {"prepare.numbers": SCALING}) if plan.prepare.numbers == "none" else None
