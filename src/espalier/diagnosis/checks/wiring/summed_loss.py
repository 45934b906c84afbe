"""Summed loss: the loss is a sum over the rows, so that a batch twice as large takes steps twice as long.

Source of the range: Espalier's fault catalogue A12 (the loss of the batch given twice is twice its loss, within 1 %). Adam
hides it and some losses are defined so: a note.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring

ID = "W17-summed-loss"
EXPLAINED_BY = ("W02-non-finite", "W07-one-class-output")
DOUBLE = 2.0
MAX_DIFFERENCE = 0.02


def check(wiring: Wiring) -> Finding | None:
    """Fire when the loss of the batch given twice is twice its loss. Needs: a loss and a target."""
    if wiring.doubled is None or not abs(wiring.doubled - DOUBLE) <= MAX_DIFFERENCE:
        return None
    return Finding(
        id=ID,
        sentence=f"The loss is a sum over the rows: the same batch given twice has {wiring.doubled:.2f} times the loss.",
        severity=Severity.NOTE,
        evidence={"doubled": wiring.doubled, "batch_size": wiring.batch_size},
        advice="Use reduction='mean', or divide the learning rate by the batch size; clip and weigh losses accordingly.",
    )
