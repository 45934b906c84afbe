"""Use GELU in place of an activation with flat ends.

Why: the slope of a sigmoid is a quarter at most and next to nothing at its ends, so that the product over many layers
vanishes; the slope of GELU is about one wherever the input is positive.

Paper: Hendrycks, Gimpel 2016, arXiv 1606.08415; Glorot, Bengio 2010, section 3 (why deep sigmoids do not learn).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import option_of

NAME = "use GELU between the layers"
CURES = {
    "T08-saturated-units": 1,
    "T09-vanishing-gradients": 1,
    "T11-not-learning": 2,
    "W12-output-ignores-input": 1,
    "W16-no-nonlinearity": 1,
    "G02-underfitting": 4,
    "T15-behind-simple-model": 5,
}
FLAT = ("sigmoid", "tanh", "step")
ACTIVATION = "gelu"


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the model's activation has no flat ends, or cannot be chosen."""
    return Repair(NAME, {"model.options.activation": ACTIVATION}) if option_of(plan, "activation") in FLAT else None
