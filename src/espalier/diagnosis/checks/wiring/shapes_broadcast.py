"""Shapes broadcast: a loss of quantities gets an output and a target of different shapes, and pairs every row with every other.

Exact: the shapes are compared (Espalier's fault catalogue A6). Of a loss that is no torch loss, and gets (N, 1) and (N,), it is
tried whether it comes out the same with both in one shape. An output of (64, 1) and a target of (64,) become a matrix of
64 x 64 differences, and the model learns the mean.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.tasks.loss_kind import BY_CLASS, LossKind

ID = "W05-shapes-broadcast"
EXPLAINED_BY = ()
MAX_CHANGE = 1e-3  # of a loss of the person's own, relative, when the output is given in the shape of the target


def check(wiring: Wiring) -> Finding | None:
    """Fire when output and target of an element-wise loss differ in shape. Needs: the output and the target of the loss."""
    if wiring.kind in BY_CLASS or wiring.output is None or wiring.target is None:
        return None
    output, target = tuple(wiring.output.shape), tuple(wiring.target.shape)
    is_unknown = wiring.kind is LossKind.UNKNOWN
    if output == target or (is_unknown and not _changes(wiring)):
        return None
    which = "loss" if is_unknown else str(wiring.kind)
    return Finding(
        id=ID,
        sentence=f"The output has shape {output} and the target {target}: the {which} pairs every two rows.",
        severity=Severity.STOP,
        evidence={"output": list(output), "target": list(target)},
        advice="Give both one shape, for example loss(output.squeeze(1), target) or loss(output, target.unsqueeze(1)).",
    )


def _changes(wiring: Wiring) -> bool:
    """Return whether a loss of the person's own comes out differently once both have one shape."""
    if wiring.loss is None or wiring.reshaped_loss is None:
        return False
    return abs(wiring.reshaped_loss - wiring.loss) > MAX_CHANGE * abs(wiring.loss)
