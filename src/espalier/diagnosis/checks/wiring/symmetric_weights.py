"""Symmetric weights: units of a layer begin as copies of each other, and stay so because they get the same gradients.

Exact in the weights, nearly so in the gradients (Espalier's fault catalogue A19): the rows of a matrix, or of one gate, are
equal, and so are their gradients. Rows that begin equal and are told apart by the next layer are no such case, nor are single
layers that begin at zero. Two layers of torch that hold one value everywhere are told apart by their biases at best, and where
every matrix is zero and gets no gradient nothing but the last bias learns.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import counted, named

ID = "W15-symmetric-weights"
EXPLAINED_BY = ()
MIN_CONSTANT = 2  # matrices that hold one value everywhere; of zeros, when all do


def check(wiring: Wiring) -> Finding | None:
    """Fire when the units of a trained layer are copies of each other, or every matrix is zero. Needs: gradients."""
    matrices = [one for one in wiring.trained if len(one.shape) > 1]
    are_zero = len(matrices) >= MIN_CONSTANT and all(one.is_zero and not one.gradient for one in matrices)
    are_constant = sum(one.is_constant for one in matrices) >= MIN_CONSTANT
    alike = [one.name for one in matrices if one.is_symmetric or are_zero or (are_constant and one.is_constant)]
    if not alike:
        return None
    copies = f"{counted(len(alike), 'weight')} of {len(wiring.trained):,} make the units of their layer copies of each other"
    zero = f"All {len(alike):,} matrices are zero, and no gradient passes them"
    return Finding(
        id=ID,
        sentence=f"{zero if are_zero else copies}: {named(alike)}.",
        severity=Severity.WARN,
        evidence={"num_alike": len(alike), "num_trained": len(wiring.trained), "are_zero": are_zero},
        modules=tuple(alike[:10]),
        advice="Draw first weights at random, as torch does by itself; constants are for biases, gains and gates.",
    )
