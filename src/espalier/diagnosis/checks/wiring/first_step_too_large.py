"""First step too large: the first step moves the weights by more than their own size, so that what they were is lost.

Of Adam and its kin it is known beforehand: each number moves by the learning rate, whatever the gradient is. Of SGD it is the
rate times the gradient of the first batch. Healthy steps move weights by 0.001 to 0.01 of their size (Espalier's fault
catalogue B1: above 0.1 is too much when it lasts); a whole is a hundred times that. The threshold is the size itself.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring

ID = "W26-first-step-too-large"
EXPLAINED_BY = (
    "W02-non-finite",
    "W17-summed-loss",
    "W21-input-scale",
    "W25-large-first-weights",
    "W11-first-loss-far-off",
)
MAX_RATIO = 1.0  # of the first step to the weight, in the median over the matrices


def check(wiring: Wiring) -> Finding | None:
    """Fire when the first step is larger than the weights. Needs: Adam or its kin, or SGD and the gradients of the loop."""
    ratio = wiring.first_ratio
    if ratio is None or not ratio > MAX_RATIO:
        return None
    return Finding(
        id=ID,
        sentence=f"The first step moves the weights by {ratio:.3g} times their own size (usual is 0.001 to 0.01): the learning "
        "rate is too high.",
        severity=Severity.WARN,
        evidence={"ratio": ratio},
        advice="Lower the learning rate until steps change the weights by about 0.001 of their size, or warm it up.",
    )
