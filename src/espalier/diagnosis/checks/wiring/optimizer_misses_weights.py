"""Optimizer misses weights: weights that a gradient reaches are not among those that the optimizer updates.

Exact: the tensors are compared (Espalier's fault catalogue A8). An optimizer that holds none of them was built from a copy, or
before the model was replaced; one without the module that makes the output was built before that was put in. Who leaves out
the first modules freezes a backbone, and who leaves out all vectors, or all matrices, has another optimizer for them: that is
worth a note. Tensors that are not the model's are no fault: an optimizer may train two models.
"""

from collections.abc import Sequence

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Weight, Wiring
from espalier.diagnosis.wording import counted, either, named

ID = "W01-optimizer-misses-weights"
EXPLAINED_BY = ()
MAX_MISSING = 0  # weights; exact


def check(wiring: Wiring) -> Finding | None:
    """Fire when the optimizer does not hold weights that require a gradient and get one. Needs: an optimizer."""
    if wiring.num_foreign is None:
        return None
    trainable = [one for one in wiring.weights if one.is_trainable]
    held = [one for one in trainable if one.is_updated]
    missing = [
        one for one in trainable if not one.is_updated and not (wiring.has_gradients and one.gradient is None)
    ]  # no gradient: of another loss, or not used
    if len(missing) <= MAX_MISSING:
        return None
    severity, what, advice = _judged(wiring, held, missing)
    names = [one.name for one in missing]
    return Finding(
        id=ID,
        sentence=f"The optimizer holds {len(held):,} of the model's {counted(len(trainable), 'trainable weight')}: "
        f"{named(names)} {either(len(names), 'does', 'do')} not learn{what}.",
        severity=severity,
        evidence={"num_held": len(held), "num_missing": len(missing), "num_foreign": wiring.num_foreign},
        modules=tuple(names[:10]),
        advice=advice,
    )


def _judged(wiring: Wiring, held: Sequence[Weight], missing: Sequence[Weight]) -> tuple[Severity, str, str]:
    """Return how much it matters, what more to say, and what to do."""
    rebuild = "Build the optimizer from model.parameters() after the model is complete and in its place."
    if not held:
        what = "; what it updates is a stale copy or another model" if wiring.num_foreign else ""
        return Severity.STOP, what, rebuild
    mark = "If this is meant, mark them with requires_grad_(False), which also saves their gradients; otherwise add them."
    if {len(one.shape) > 1 for one in held}.isdisjoint({len(one.shape) > 1 for one in missing}):
        return Severity.NOTE, " unless another optimizer holds them", mark
    places = _places(wiring)
    last = max(places[one.name] for one in (*held, *missing))
    if any(places[one.name] == last for one in missing):
        is_forgotten = len(held) >= len(missing)
        what = ", and the module that makes the output is among them"
        return Severity.STOP if is_forgotten else Severity.WARN, what, rebuild if is_forgotten else mark
    if max(places[one.name] for one in missing) < min(places[one.name] for one in held):
        return Severity.NOTE, "; they are the first modules, as of a frozen backbone", mark
    return Severity.WARN, "", mark


def _places(wiring: Wiring) -> dict[str, int]:
    """Return when each weight's module was reached, or its place in the model when no pass was seen."""
    order = {name: place for place, name in enumerate(wiring.called)}
    found = {}
    for index, weight in enumerate(wiring.weights):
        owner = weight.name.rpartition(".")[0]
        while owner and owner not in order:
            owner = owner.rpartition(".")[0]
        found[weight.name] = order.get(owner, -1) if order else index
    return found
