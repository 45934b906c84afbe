"""Unrepeatable: two passes over the same rows in eval mode differ.

Source of the threshold: Espalier's fault catalogue A15; in eval mode a network is a function, and only rounding of parallel
sums may differ, below a hundred-thousandth of the spread. Which random operation ran tells dropout that does not know the mode
from a model that draws on purpose, as variational autoencoders do, or keeps a state from call to call: those are worth a note.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import joined, percent

ID = "W10-unrepeatable"
EXPLAINED_BY = ("W02-non-finite",)
MAX_DIFFERENCE = 1e-5  # of the spread of the outputs
DROPOUTS = ("dropout", "bernoulli")  # within the names of operations


def check(wiring: Wiring) -> Finding | None:
    """Fire when the same batch gets two answers in eval mode. Needs: a pass in eval mode."""
    if wiring.unrepeatable is None or not wiring.unrepeatable > MAX_DIFFERENCE:
        return None
    is_dropout = any(part in name for name in wiring.draws for part in DROPOUTS)
    why = "dropout is still on" if is_dropout else f"it draws by {joined(wiring.draws)}" if wiring.draws else "it keeps a state"
    advice = "Give dropout that is called as a function the mode: F.dropout(x, p, training=self.training)."
    return Finding(
        id=ID,
        sentence=f"In eval mode two passes over the same batch differ by {percent(min(wiring.unrepeatable, 1.0))} of the "
        f"spread of the answers: {why}.",
        severity=Severity.WARN if is_dropout else Severity.NOTE,
        evidence={"difference": wiring.unrepeatable, "draws": list(wiring.draws)},
        advice=advice if is_dropout else "If it is not meant, draw and remember only where self.training is true.",
    )
