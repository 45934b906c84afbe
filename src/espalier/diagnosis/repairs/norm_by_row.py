"""Normalise each row by itself, in place of batch norm.

Why: where batches must stay small, a norm that does not look at other rows has nothing to estimate from them.

Paper: Ba, Kiros, Hinton 2016, arXiv 1607.06450, section 3.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import option_of

NAME = "normalise each row by itself"
CURES = {"W18-small-batch-norm": 2, "W09-rows-mixed": 1}
NORM = "layer"


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the model has no batch norm that can be exchanged."""
    return Repair(NAME, {"model.options.norm": NORM}) if option_of(plan, "norm") == "batch" else None
