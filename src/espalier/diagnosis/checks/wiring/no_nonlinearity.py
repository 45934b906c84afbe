"""No non-linearity: several matrices in a row, with nothing between them that one matrix could not do.

Source of the threshold: Espalier's fault catalogue A20 (f(a) + f(b) equals f(a + b) + f(0) within a thousandth). Looked at with
large inputs, for which no activation is nearly straight, and with no weight at zero. Matrices through a narrow place, as of a
linear autoencoder or a low-rank factor, do what one matrix cannot, and are left alone.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring

ID = "W16-no-nonlinearity"
EXPLAINED_BY = ()
MAX_ERROR = 1e-3  # relative
FEWEST_MATRICES = 2


def check(wiring: Wiring) -> Finding | None:
    """Fire when a network of two matrices or more in a row is affine. Needs: one input of numbers, four rows, eval mode."""
    if wiring.affine_error is None or not wiring.affine_error < MAX_ERROR or wiring.num_in_a_row < FEWEST_MATRICES:
        return None
    if _has_narrow_place(wiring):
        return None
    return Finding(
        id=ID,
        sentence=f"The network is a straight line: {wiring.num_in_a_row:,} matrices follow on each other with no activation "
        "that bends, and one matrix would do the same.",
        severity=Severity.WARN,
        evidence={"error": wiring.affine_error, "num_matrices": wiring.num_in_a_row},
        advice="Put an activation, for example nn.ReLU(), after each layer but the last.",
    )


def _has_narrow_place(wiring: Wiring) -> bool:
    """Return whether a matrix is of lower rank than both ends of the network would allow."""
    shapes = [one.shape for one in wiring.weights if len(one.shape) > 1]
    return bool(shapes) and min(min(shape[:2]) for shape in shapes) < min(shapes[0][1], shapes[-1][0])
