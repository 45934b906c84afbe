"""Weights unreached: weights that the optimizer is to train never get a gradient.

Exact: no gradient other than zero in any of the first steps, nor in any sampled step since (Espalier's fault catalogue A9).
A gate that begins at zero opens after a step or two, and a branch that is left out at random is used sooner or later, so two
samples must have been taken, and the learning rate must not have been zero.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course
from espalier.diagnosis.wording import counted, either, named

ID = "T03-weights-unreached"
EXPLAINED_BY = (
    "W02-non-finite",
    "W07-one-class-output",
    "W06-output-cannot-reach-target",
    "T07-dying-relu",
    "T08-saturated-units",
    "W03-weights-without-gradient",
)
MIN_SAMPLES = 2
MAX_GRADIENT = 0.0  # exact


def check(course: Course) -> Finding | None:
    """Fire when trained weights got no gradient in the first steps nor in any sample. Needs: two samples."""
    samples = course.samples
    if len(samples) < MIN_SAMPLES or samples[0].highest_rate == 0:
        return None
    unreached = [
        name
        for name in course.unreached
        if all(name in one.sizes and one.gradients.get(name, 0.0) <= MAX_GRADIENT for one in samples)
    ]
    if not unreached:
        return None
    count, total = len(unreached), len(samples[-1].sizes)
    return Finding(
        id=ID,
        sentence=f"{counted(count, 'weight')} of {total:,} got no gradient in {samples[-1].step:,} steps and "
        f"{either(count, 'does', 'do')} not learn: {named(unreached)}.",
        severity=Severity.STOP,
        evidence={"num_unreached": count, "num_weights": total, "steps": samples[-1].step},
        modules=tuple(unreached[:10]),
        advice="Look for detach(), no_grad(), .data or an unused branch between these weights and the loss; what is frozen on "
        "purpose is marked with requires_grad_(False).",
    )
