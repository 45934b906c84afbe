"""Mostly frozen: a part of the weights requires no gradient and will not learn.

Source of the threshold: Espalier's fault catalogue A10 (more than 2 % of the numbers). Freezing is usually meant, as for fine
tuning and low-rank adapters: a note. But when a norm among them still has the weights 1 and biases 0 that it was made with, or
all matrices among them fill the range from which torch draws new ones and never pass it, what is frozen was never trained: a
warning, and for matrices of 64 numbers and more one at any share, because a small first layer that never learns spoils what
all others read. Copies of trained weights, as of a target network, and weights with an adapter beside them do not count. A base
that was never trained is a note, too, where it was frozen part by part: trained matrices have a narrow waist and end at zero so
that they change nothing at first, as adapters begin, or trained and frozen weights take turns. Where the plan itself says that
learnt weights stay as they are, nothing is said.
"""

import math

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Weight, Wiring
from espalier.diagnosis.wording import counted, named, percent

ID = "W20-mostly-frozen"
EXPLAINED_BY = ()
MAX_FROZEN = 0.02  # share of the numbers in weights
FEWEST_DRAWN = 64  # numbers of matrices as they were drawn, for a share below that
MOST_RUNS = 1  # of frozen weights, with trained ones between them, that freezing a backbone or its beginning makes


def check(wiring: Wiring) -> Finding | None:
    """Fire when more than 2 % of the weights' numbers, or a new matrix, require no gradient, but not all. Needs: a model."""
    sizes = {one.name: math.prod(one.shape) for one in wiring.weights}
    frozen = [one.name for one in wiring.weights if not one.is_trainable]
    total, held = sum(sizes.values()), sum(sizes[name] for name in frozen)
    is_much = held > MAX_FROZEN * total
    fresh = (wiring.fresh_norms if is_much else ()) or _drawn(wiring, sizes)
    if not (fresh or is_much) or held == total or (wiring.is_frozen_on_purpose and not wiring.fresh_norms):
        return None
    untrained = f" They were never trained: the values of {named(fresh)} are those of a new layer." if fresh else ""
    return Finding(
        id=ID,
        sentence=f"{percent(held / total)} of the model is frozen: {counted(len(frozen), 'weight')} with "
        f"{held:,} of {total:,} numbers, {named(frozen)}.{untrained}",
        severity=Severity.WARN if fresh and not _is_adapted(wiring) else Severity.NOTE,
        evidence={"num_frozen": held, "num_numbers": total} | ({"never_trained": list(fresh)} if fresh else {}),
        modules=tuple(frozen[:10]),
        advice="If it is not meant, call requires_grad_(True) on them before the optimizer is built."
        + (" For fine-tuning, load learnt weights first." if fresh else ""),
    )


def _drawn(wiring: Wiring, sizes: dict[str, int]) -> tuple[str, ...]:
    """Return the frozen matrices that are as they were drawn, if they are more than a few numbers."""
    matrices = {one.name for one in wiring.weights if len(one.shape) > 1}
    drawn = wiring.frozen_as_drawn
    is_much = sum(sizes[name] for name in drawn) > MAX_FROZEN * sum(sizes.values())
    return drawn if is_much or sum(sizes[name] for name in drawn if name in matrices) >= FEWEST_DRAWN else ()


def _is_adapted(wiring: Wiring) -> bool:
    """Return whether weights were frozen part by part, as a base is to which adapters are added."""
    states = [one.is_trainable for one in wiring.weights]
    runs = sum(now and not following for now, following in zip([True, *states], states, strict=False))
    trained = [one for one in wiring.weights if one.is_trainable and len(one.shape) > 1]
    return runs > MOST_RUNS or any(up.is_zero and _is_narrow(down, up) for down, up in zip(trained, trained[1:], strict=False))


def _is_narrow(down: Weight, up: Weight) -> bool:
    """Return whether two matrices have a narrow waist between them; a head that begins at zero has none before it."""
    low, high = (sorted(one.shape[:2]) for one in (down, up))
    return low[0] == high[0] and low[0] < low[1] and high[0] < high[1]
