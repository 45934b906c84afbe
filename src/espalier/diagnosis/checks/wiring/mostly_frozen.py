"""Mostly frozen: a part of the weights requires no gradient and will not learn.

Source of the threshold: Espalier's fault catalogue A10 (more than 2 % of the numbers). Freezing is usually meant, as for fine
tuning and low-rank adapters: a note. But when a norm among them still has the weights 1 and biases 0 that it was made with, or
all matrices among them fill the range from which torch draws new ones and never pass it, what is frozen was never trained: a
warning. Copies of trained weights, as of a target network, and weights with an adapter beside them do not count. Where the plan
itself says that learnt weights stay as they are, nothing is said.
"""

import math

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import counted, named, percent

ID = "W20-mostly-frozen"
EXPLAINED_BY = ()
MAX_FROZEN = 0.02  # share of the numbers in weights


def check(wiring: Wiring) -> Finding | None:
    """Fire when more than 2 % of the weights' numbers require no gradient, but not all. Needs: a model."""
    sizes = {one.name: math.prod(one.shape) for one in wiring.weights}
    frozen = [one.name for one in wiring.weights if not one.is_trainable]
    total, held = sum(sizes.values()), sum(sizes[name] for name in frozen)
    if held <= MAX_FROZEN * total or held == total or (wiring.is_frozen_on_purpose and not wiring.fresh_norms):
        return None
    fresh = wiring.fresh_norms or _drawn(wiring, sizes)
    untrained = f" They were never trained: the values of {named(fresh)} are those of a new layer." if fresh else ""
    return Finding(
        id=ID,
        sentence=f"{percent(held / total)} of the model is frozen: {counted(len(frozen), 'weight')} with "
        f"{held:,} of {total:,} numbers, {named(frozen)}.{untrained}",
        severity=Severity.WARN if fresh else Severity.NOTE,
        evidence={"num_frozen": held, "num_numbers": total} | ({"never_trained": list(fresh)} if fresh else {}),
        modules=tuple(frozen[:10]),
        advice="If it is not meant, call requires_grad_(True) on them before the optimizer is built."
        + (" For fine-tuning, load learnt weights first." if fresh else ""),
    )


def _drawn(wiring: Wiring, sizes: dict[str, int]) -> tuple[str, ...]:
    """Return the frozen matrices that are as they were drawn, if they are more than a few numbers."""
    drawn = wiring.frozen_as_drawn
    return drawn if sum(sizes[name] for name in drawn) > MAX_FROZEN * sum(sizes.values()) else ()
