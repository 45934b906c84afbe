"""Normalise between the layers.

Why: each layer then gets inputs of one size whatever the layers before it do, so that neither signal nor gradient shrinks
or grows with depth, and larger rates are borne.

Paper: Ioffe, Szegedy 2015, arXiv 1502.03167, section 3.3; Ba, Kiros, Hinton 2016, arXiv 1607.06450 (by row: no batch needed).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import option_of

NAME = "normalise between the layers"
CURES = {
    "T06-learning-rate-too-high": 6,
    "T07-dying-relu": 4,
    "T08-saturated-units": 2,
    "T09-vanishing-gradients": 2,
    "T11-not-learning": 7,
    "W11-first-loss-far-off": 2,
    "W12-output-ignores-input": 2,
    "W21-input-scale": 3,
    "T15-behind-simple-model": 11,
}
NORM = "layer"


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the model normalises already, or has no such option."""
    return Repair(NAME, {"model.options.norm": NORM}) if option_of(plan, "norm") == "none" else None
