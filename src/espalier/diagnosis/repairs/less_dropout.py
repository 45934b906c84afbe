"""Drop fewer units in training: a tenth of them.

Why: a layer that drops most of its units hardly passes anything on; what little the network learns from the rest is noise.

Paper: Srivastava et al. 2014, Dropout, section 7.3 and figure 9: shares of 0.2 to 0.5 are best, error rises steeply above 0.7.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import dropouts_of

NAME = "drop fewer units"
CURES = {
    "W19-heavy-dropout": 1,
    "T11-not-learning": 5,
    "G02-underfitting": 1,
    "T15-behind-simple-model": 3,
    "T16-could-learn-more": 3,
    "T18-dropout-too-large": 1,
}
HEAVY = 0.5
LIGHT = 0.1


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when no dropout of the model is heavy."""
    heavy = [name for name, share in dropouts_of(plan).items() if share > HEAVY]
    return Repair(NAME, {f"model.options.{name}": LIGHT for name in heavy}) if heavy else None
