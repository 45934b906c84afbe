"""Steps too small: all planned steps together can hardly move the weights, so that nothing can be learnt.

Exact for Adam and its kin: a step moves a number by the learning rate at most, so all of them move it by that times their
number. Rates that schedules keep for later count. The threshold is ours: who moves by a hundredth of the usual weight, and that
only if every step goes the same way, stays who he was; fine-tuning moves weights by several times that. (Espalier's fault
catalogue B2.)
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring

ID = "W27-steps-too-small"
EXPLAINED_BY = ("W02-non-finite",)
MIN_REACH = 0.01  # of the weight's size, by all planned steps together, for the matrix that can move farthest
MIN_STEPS = 100  # planned; fewer are a trial of the loop


def check(wiring: Wiring) -> Finding | None:
    """Fire when all planned steps cannot move a matrix by 1 % of its size. Needs: Adam or its kin, planned_steps."""
    reach = wiring.reach
    if reach is None or not reach < MIN_REACH or wiring.planned_steps < MIN_STEPS:
        return None
    return Finding(
        id=ID,
        sentence=f"All {wiring.planned_steps:,} planned steps together can move the weights by {reach:.2g} of their size at "
        "most: the learning rate is too low to learn anything.",
        severity=Severity.WARN,
        evidence={"reach": reach, "planned_steps": wiring.planned_steps},
        advice="Raise the learning rate tenfold until steps change the weights by about 0.001 of their size.",
    )
