"""Draw the first weights as torch does by itself.

Why: weights of the wrong size make first outputs that are far off, and training spends itself on undoing them; weights that
are alike never become different. Torch's draw keeps outputs at about the size of the inputs.

Paper: He et al. 2015, arXiv 1502.01852, section 2.2; Glorot, Bengio 2010, section 4.2.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import option_of

NAME = "draw the first weights as torch does"
CURES = {
    "T01-diverged": 6,
    "T08-saturated-units": 3,
    "T11-not-learning": 11,
    "W11-first-loss-far-off": 1,
    "W15-symmetric-weights": 1,
}
INIT = "default"


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when they are drawn so already, or the model has no choice."""
    return None if option_of(plan, "init") in (None, INIT) else Repair(NAME, {"model.options.init": INIT})
