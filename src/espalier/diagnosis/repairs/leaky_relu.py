"""Use the leaky ReLU, which has a slope below zero too.

Why: a ReLU that is zero for every row gets no gradient and never comes back; a leaky one does.

Paper: Maas, Hannun, Ng 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models, section 2.1.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import option_of

NAME = "use the leaky ReLU"
CURES = {"T07-dying-relu": 2}
ACTIVATION = "leaky_relu"


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the model's activation is no ReLU."""
    return Repair(NAME, {"model.options.activation": ACTIVATION}) if option_of(plan, "activation") == "relu" else None
