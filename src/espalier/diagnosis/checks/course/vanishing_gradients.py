"""Vanishing gradients: on the way back through the layers the gradient shrinks to almost nothing.

Two keys. Source of the threshold: Espalier's fault catalogue B6 (gradient by weight of the first trained matrix to that of the
last below 1e-4, and the model does not learn; healthy runs of its pilot .026 and more).
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import LASTING, Course, Sample

ID = "T09-vanishing-gradients"
EXPLAINED_BY = (
    "W02-non-finite",
    "W03-weights-without-gradient",
    "W06-output-cannot-reach-target",
    "W21-input-scale",
    "W17-summed-loss",
    "T03-weights-unreached",
    "T14-weight-decay-dominates",
    "T07-dying-relu",
    "T08-saturated-units",
    "W25-large-first-weights",
    "W26-first-step-too-large",
)
MIN_RATIO = 1e-4  # of the first matrix to the last, in three samples running
SMALLEST = 1e-30  # size of a weight


def check(course: Course) -> Finding | None:
    """Fire when the first matrix gets next to no gradient and the model does not learn. Needs: three samples, two matrices."""
    if not course.falls_short or len(course.samples) < LASTING:
        return None
    ratios = [_first_to_last(sample) for sample in course.samples[-LASTING:]]
    known = [ratio for ratio in ratios if ratio is not None and ratio < MIN_RATIO]
    if len(known) < LASTING:
        return None
    first, *_, last = course.samples[-1].matrices
    return Finding(
        id=ID,
        sentence=f"The gradient of '{first}', by the size of the weight, is {max(known):.1g} of that of '{last}' "
        "(usual is 0.03 or more): the first layers cannot learn.",
        severity=Severity.WARN,
        evidence={"ratio": max(known), "recent": course.recent_loss, "prior": course.prior_loss},
        modules=(first,),
        advice="Use ReLU or GELU with He initialisation for sigmoids, normalise between layers, or add residual connections.",
    )


def _first_to_last(sample: Sample) -> float | None:
    """Return gradient by size of the first matrix to that of the last; None without two of them."""
    if len(sample.matrices) < 2:
        return None
    first, *_, last = sample.matrices
    relative = [sample.gradients.get(name, 0.0) / max(sample.sizes[name], SMALLEST) for name in (first, last)]
    return relative[0] / relative[1] if relative[1] > 0 else None
