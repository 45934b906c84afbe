"""Output ignores input: the first answers are the same for every row.

Source of the threshold: Espalier's fault catalogue A21, by the deviation over the rows. Its limit of 0.002 of the size of the
answers alarms on transformers for tables, which begin at 0.0004 and more and learn well; nine sigmoids in a row begin below
0.000001, so the limit here lies between. Weights that begin at zero, as gates and last layers may, are opened for the look,
and a large constant in the answers does not count.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.tasks.loss_kind import LossKind

ID = "W12-output-ignores-input"
EXPLAINED_BY = ("W02-non-finite", "W15-symmetric-weights", "W21-input-scale")
MIN_SPREAD = 5e-5  # deviation over the rows, by the mean size of the answers or by 1


def check(wiring: Wiring) -> Finding | None:
    """Fire when the answers to different rows differ by less than 0.005 %. Needs: four rows with an answer each, eval mode."""
    if wiring.spread is None or not wiring.spread < MIN_SPREAD:
        return None
    if not wiring.inputs_vary and not _targets_vary(wiring):
        return None
    why = (
        "signals fade on their way" if wiring.inputs_vary else "the inputs of all rows are the same, but their targets are not"
    )
    return Finding(
        id=ID,
        sentence=f"The first answers to {wiring.batch_size:,} rows differ by {wiring.spread:.2g} of their size only: {why}.",
        severity=Severity.WARN,
        evidence={"spread": wiring.spread, "inputs_vary": wiring.inputs_vary},
        advice="Look at the scale of the inputs; then use fewer layers, ReLU with He's first weights, norms or shortcuts."
        if wiring.inputs_vary
        else "Look at how the inputs are read and scaled.",
    )


def _targets_vary(wiring: Wiring) -> bool:
    known = wiring.kind is not LossKind.UNKNOWN and wiring.target is not None and wiring.target.ndim > 0
    return known and wiring.target is not None and bool((wiring.target != wiring.target[:1]).any())
