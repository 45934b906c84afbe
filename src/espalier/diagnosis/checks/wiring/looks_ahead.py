"""Looks ahead: a model that must not know the future answers otherwise when only the last place of a sequence changes.

Exact but for rounding (Espalier's fault catalogue A14: a hundred-thousandth of the spread of the answers). Looked at only when
the model is said to be causal.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import percent

ID = "W22-looks-ahead"
EXPLAINED_BY = ()
MAX_CHANGE = 1e-5  # of the spread of the outputs


def check(wiring: Wiring) -> Finding | None:
    """Fire when earlier answers move with the last place. Needs: a model said to be causal, four rows, eval mode."""
    if wiring.look_ahead is None or not wiring.look_ahead > MAX_CHANGE:
        return None
    return Finding(
        id=ID,
        sentence=f"The model looks ahead: answers before the last place move by {percent(min(wiring.look_ahead, 1.0))} of "
        "their spread when only the last place changes.",
        severity=Severity.STOP,
        evidence={"change": wiring.look_ahead},
        advice="Mask later places in attention (is_causal=True), pad convolutions on the left only, use no bidirectional layer "
        "and no norm over time.",
    )
