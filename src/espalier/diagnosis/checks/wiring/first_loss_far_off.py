"""First loss far off: before any training the loss is far from that of the best constant answer.

Source of the range: Espalier's fault catalogue B9 (healthy runs of its pilot began at 0.70 to 1.31 times that loss). A network
that knows nothing answers evenly, so for classes the upper end is held against ln K too: few rows of one class make the best
constant better, not the network worse. Quantities are a warning only where the way is long: a bias moves a target that is
a few units off in no time. A low first loss is usual where training goes on from learnt weights: a note.
"""

import math

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.wiring import Wiring
from espalier.tasks.loss_kind import BY_CLASS, BY_PROBABILITY, OF_QUANTITIES

ID = "W11-first-loss-far-off"
EXPLAINED_BY = (
    "W02-non-finite",
    "W04-probabilities-for-logits",
    "W05-shapes-broadcast",
    "W06-output-cannot-reach-target",
    "W07-one-class-output",
    "W21-input-scale",
    "W25-large-first-weights",
)
MIN_RATIO = 0.4  # first loss by that of the best constant answer
MAX_RATIO = 2.5
FAR = 30.0  # units from the mean output to the mean target, or deviations of the target from 0 to its mean
MAX_DEVIATION = 2.0  # of first outputs; sound first weights give 0.1 to 1.5


def check(wiring: Wiring) -> Finding | None:
    """Fire when the first loss is under 0.4 or over 2.5 times the best constant answer's. Needs: a loss of torch, a target."""
    loss, prior, output = wiring.loss, wiring.prior_loss, wiring.output
    if loss is None or prior is None or output is None or not prior > 0 or not math.isfinite(loss):
        return None
    num_classes = output.shape[1] if wiring.kind in BY_CLASS and output.ndim > 1 else 2
    even = math.log(max(num_classes, 2)) if wiring.kind in (*BY_CLASS, *BY_PROBABILITY) else 0.0
    evidence = {"loss": loss, "best_constant": prior}
    if loss < MIN_RATIO * prior:
        return Finding(
            id=ID,
            sentence=f"The first loss is {loss:.3g}, far below the {prior:.3g} of the best constant answer: the model "
            "knows the task already.",
            severity=Severity.NOTE,
            evidence=evidence,
            advice="That is fine for learnt weights; with new ones look for the target among the inputs.",
        )
    if not loss > MAX_RATIO * max(prior, even):
        return None
    far = (
        _far_off(wiring)
        if wiring.kind in OF_QUANTITIES
        else (Severity.WARN, "the first weights, or the inputs, are too large", {})
    )
    severity, why, more = far
    return Finding(
        id=ID,
        sentence=f"The first loss is {loss:.3g}, against {prior:.3g} of the best constant answer: {why}.",
        severity=severity,
        evidence=evidence | more,
        advice="Draw the weights as torch does, and begin the last bias at the mean target (for classes, at the logarithms of "
        "their shares)."
        if not more or more["output_deviation"] > MAX_DEVIATION
        else "Bring targets to mean 0 and deviation 1 for training, and answers back, or begin the last bias at their mean.",
    )


def _far_off(wiring: Wiring) -> tuple[Severity, str, dict[str, float]]:
    """Return how much it matters that quantities are far off, why they are, and the numbers behind it."""
    if wiring.output is None or wiring.target is None:
        return Severity.NOTE, "", {}
    output, target = wiring.output.float(), wiring.target.float()
    centre, middle = target.mean(dim=0), output.mean(dim=0)
    gap = float((centre - middle).square().mean().sqrt())
    spread = float((target - centre).square().mean().sqrt())
    deviation = float((output - middle).square().mean().sqrt())
    numbers = {"gap": gap, "target_deviation": spread, "output_deviation": deviation}
    if deviation > max(MAX_DEVIATION, spread):
        return Severity.WARN, f"first answers vary by {deviation:.3g}, the targets by {spread:.3g}", numbers
    is_far = gap > FAR or float(centre.square().mean().sqrt()) > FAR * max(spread, deviation)
    what = f"the targets are around {float(centre.mean()):.4g}, the first answers around {float(middle.mean()):.3g}"
    return Severity.WARN if is_far else Severity.NOTE, what, numbers
