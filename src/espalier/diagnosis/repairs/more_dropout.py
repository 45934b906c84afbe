"""Drop more units in training, against overfitting.

Why: units that may be absent cannot lean on one another, so that what they learn holds on new rows too.

Paper: Srivastava et al. 2014, Dropout, sections 1 and 7.3.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import option_of

NAME = "drop more units"
CURES = {
    "G01-overfitting": 1,
}
SHARE = 0.3


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the model drops as many already, or none can be dropped."""
    share = option_of(plan, "dropout")
    return Repair(NAME, {"model.options.dropout": SHARE}) if isinstance(share, float | int) and share < SHARE else None
