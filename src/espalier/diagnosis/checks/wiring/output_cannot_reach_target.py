"""Output cannot reach target: the last activation keeps the output from values that the loss asks for.

Source of the threshold: Espalier's fault catalogue A3 (more than 1 % of the targets outside the range of the activation). For
losses of logits the ends are exact: a logit that is never below 0 gives no probability below one half, one between -1 and 1
none beyond 0.27 and 0.73. Bounds on both sides of 0 are sometimes meant, and a ReLU before cross entropy leaves no floor, but
classes whose logits are all 0: warnings.
"""

import math
from typing import NamedTuple

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.diagnosis.wording import percent
from espalier.tasks.loss_kind import OF_QUANTITIES, LossKind

ID = "W06-output-cannot-reach-target"
EXPLAINED_BY = ()
MAX_OUTSIDE = 0.01  # share of the targets
ROUNDING = 1e-6  # of the largest target


class _Range(NamedTuple):
    name: str
    low: float
    high: float


_RANGES = {
    "relu": _Range("ReLU", 0.0, math.inf),
    "softplus": _Range("softplus", 0.0, math.inf),
    "sigmoid": _Range("sigmoid", 0.0, 1.0),
    "tanh": _Range("tanh", -1.0, 1.0),
}


def check(wiring: Wiring) -> Finding | None:
    """Fire when the last activation cannot give 1 % of the targets, or not every logit. Needs: a loss of torch."""
    reachable = _RANGES.get(wiring.made_by)
    if reachable is None or wiring.target is None or wiring.output is None:
        return None
    if wiring.kind in OF_QUANTITIES:
        return _of_quantities(wiring, reachable)
    if wiring.kind is LossKind.BINARY_LOGITS and reachable.name != "sigmoid":
        return _of_binary(reachable)
    if wiring.kind is LossKind.CROSS_ENTROPY and wiring.output.ndim > 1 and wiring.output.shape[1] > 1:
        return _of_classes(reachable, wiring.output.shape[1])
    return None


def _of_quantities(wiring: Wiring, reachable: _Range) -> Finding | None:
    if wiring.target is None or wiring.target.numel() == 0:
        return None
    target = wiring.target.float()
    margin = ROUNDING * float(target.abs().max())
    outside = float(((target < reachable.low - margin) | (target > reachable.high + margin)).float().mean())
    if outside <= MAX_OUTSIDE:
        return None
    ends = f"{reachable.low:g} to {reachable.high:g}" if math.isfinite(reachable.high) else f"{reachable.low:g} and above"
    return Finding(
        id=ID,
        sentence=f"The output is that of a {reachable.name}, which gives {ends}, but the targets go from "
        f"{float(target.min()):.4g} to {float(target.max()):.4g}: {percent(outside)} of them cannot be reached.",
        severity=Severity.STOP,
        evidence={"outside": outside, "lowest_target": float(target.min()), "highest_target": float(target.max())},
        advice="End with a linear layer, or scale the targets into the range and the answers back.",
    )


def _of_binary(reachable: _Range) -> Finding:
    low = 1 / (1 + math.exp(-reachable.low))
    high = f"{1 / (1 + math.exp(-reachable.high)):.2f}" if math.isfinite(reachable.high) else "1"
    return Finding(
        id=ID,
        sentence=f"The logits are those of a {reachable.name}: they give probabilities of {low:.2f} to {high} alone.",
        severity=Severity.WARN if reachable.low < 0 else Severity.STOP,
        evidence={"lowest_probability": low, "highest_probability": float(high)},
        advice=f"Remove the {reachable.name} after the last linear layer; a logit may be any number.",
    )


def _of_classes(reachable: _Range, num_classes: int) -> Finding:
    is_bounded = math.isfinite(reachable.high)
    floor = math.log(1 + (num_classes - 1) * math.exp(reachable.low - reachable.high)) if is_bounded else 0.0
    what = f"the loss cannot fall below {floor:.3f}" if is_bounded else "logits of 0 get no gradient, and whole classes may die"
    return Finding(
        id=ID,
        sentence=f"The {num_classes:,} logits are those of a {reachable.name}: {what}.",
        severity=Severity.STOP if reachable.name == "sigmoid" else Severity.WARN,
        evidence={"num_classes": num_classes, "floor": floor},
        advice=f"Remove the {reachable.name} after the last linear layer; a logit may be any number.",
    )
