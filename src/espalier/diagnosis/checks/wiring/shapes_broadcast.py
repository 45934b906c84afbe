"""Shapes broadcast: a loss of quantities gets an output and a target of different shapes, and pairs every row with every other.

Exact: the shapes are compared (Espalier's fault catalogue A6). An output of (64, 1) and a target of (64,) become a matrix of
64 x 64 differences, and the model learns the mean.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.tasks.loss_kind import BY_CLASS, LossKind

ID = "W05-shapes-broadcast"
EXPLAINED_BY = ()
MAX_DIFFERENCE = 0  # dimensions; exact


def check(wiring: Wiring) -> Finding | None:
    """Fire when output and target of an element-wise loss differ in shape. Needs: a loss of torch, its output and target."""
    if wiring.kind in (*BY_CLASS, LossKind.UNKNOWN) or wiring.output is None or wiring.target is None:
        return None
    output, target = tuple(wiring.output.shape), tuple(wiring.target.shape)
    if output == target:
        return None
    return Finding(
        id=ID,
        sentence=f"The output has shape {output} and the target {target}: the {wiring.kind} pairs every two rows.",
        severity=Severity.STOP,
        evidence={"output": list(output), "target": list(target)},
        advice="Give both one shape, for example loss(output.squeeze(1), target) or loss(output, target.unsqueeze(1)).",
    )
