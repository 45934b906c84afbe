"""Weights without gradient: the output depends on weights that are to be trained, but the gradient does not find its way back.

Exact (Espalier's fault catalogue A9): no gradient came, none comes in eval mode either, where no layer is left out at random,
and changed weights change the output. Weights that the output of this batch does not depend on, such as an expert that was not
asked or a head that is not used, are worth a note.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import counted, either, named

ID = "W03-weights-without-gradient"
EXPLAINED_BY = ()
MAX_LACKING = 0  # weights; exact


def check(wiring: Wiring) -> Finding | None:
    """Fire when weights that the optimizer holds got no gradient from the batch. Needs: gradients."""
    lacking = [one.name for one in wiring.trained if one.gradient is None] if wiring.has_gradients else []
    if len(lacking) <= MAX_LACKING:
        return None
    are_all = len(lacking) == len(wiring.trained)
    is_cut = are_all or bool(wiring.cut)
    names = list(wiring.cut) if wiring.cut else lacking
    why = "although the output depends on them" if wiring.cut else "for the output of this batch does not depend on them"
    return Finding(
        id=ID,
        sentence=f"{counted(len(names), 'weight')} of {len(wiring.trained):,} that the optimizer holds "
        f"{either(len(names), 'gets', 'get')} no gradient{'' if are_all else f', {why}'}: {named(names)}.",
        severity=Severity.STOP if is_cut else Severity.NOTE,
        evidence={"num_lacking": len(lacking), "num_cut": len(wiring.cut), "num_trained": len(wiring.trained)},
        modules=tuple(names[:10]),
        advice="Look for detach(), no_grad(), .data, .item(), argmax or a missing loss.backward() between these weights and "
        "the update; what is frozen on purpose is marked with requires_grad_(False)."
        if is_cut
        else "Leave out what is not used; what only other batches use needs nothing.",
    )
