"""Summed loss: the loss is a sum over the rows, so that a batch twice as large takes steps twice as long.

Source of the range: Espalier's fault catalogue A12 (the loss of the batch given twice is twice its loss, within 1 %). Adam
hides it and some losses are defined so: a note. With SGD a sum over B answers learns as a mean does at B times the rate; a
warning where that rate, momentum counted in, is above any at which the benchmark's healthy runs of part D learn (3 at most).
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring

ID = "W17-summed-loss"
EXPLAINED_BY = ("W02-non-finite", "W07-one-class-output")
DOUBLE = 2.0
MAX_DIFFERENCE = 0.02
MAX_RATE = 5.0  # of the mean loss, by 1 - momentum


def check(wiring: Wiring) -> Finding | None:
    """Fire when the loss of the batch given twice is twice its loss. Needs: a loss and a target."""
    if wiring.doubled is None or not abs(wiring.doubled - DOUBLE) <= MAX_DIFFERENCE:
        return None
    num_answers = wiring.batch_size if wiring.output is None or not wiring.output.ndim else len(wiring.output)
    rate = (wiring.long_run_rate or 0.0) * num_answers
    is_large = rate > MAX_RATE
    more = f", and SGD learns as at a rate of {rate:.3g} for their mean" if is_large else ""
    return Finding(
        id=ID,
        sentence=f"The loss is a sum over the rows: the same batch given twice has {wiring.doubled:.2f} times the loss{more}.",
        severity=Severity.WARN if is_large else Severity.NOTE,
        evidence={"doubled": wiring.doubled, "batch_size": wiring.batch_size, "rate_of_the_mean": rate},
        advice="Use reduction='mean', or divide the learning rate by the batch size; clip and weigh losses accordingly.",
    )
