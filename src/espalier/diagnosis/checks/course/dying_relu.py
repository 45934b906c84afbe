"""Dying ReLU: units of a layer are zero for every row of the batch, so that no gradient reaches what is before them.

Two keys. Source of the threshold: Espalier's fault catalogue B8 (more than 90 % of a layer, and the model does not learn).
Dead units alone are found in healthy networks too.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course
from espalier.diagnosis.wording import named, percent

ID = "T07-dying-relu"
EXPLAINED_BY = (
    "W02-non-finite",
    "W06-output-cannot-reach-target",
    "W21-input-scale",
    "W17-summed-loss",
    "W11-first-loss-far-off",
    "T02-gradients-not-cleared",
    "T06-learning-rate-too-high",
    "T14-weight-decay-dominates",
    "W25-large-first-weights",
    "W26-first-step-too-large",
)
MAX_DEAD = 0.9  # of a layer's units, in three samples running


def check(course: Course) -> Finding | None:
    """Fire when most units of a layer are dead and the model does not learn. Needs: three samples with activations."""
    if not course.falls_short:
        return None
    dead = {name: share for name, share in course.lasting(lambda sample: sample.dead).items() if share > MAX_DEAD}
    if not dead:
        return None
    layers = sorted(dead, key=lambda name: -dead[name])
    return Finding(
        id=ID,
        sentence=f"{percent(dead[layers[0]])} of the units of {named(layers)} are zero for every row, step after step, "
        "so that what is before them cannot learn.",
        severity=Severity.WARN,
        evidence={"dead": {name: dead[name] for name in layers[:10]}, "recent": course.recent_loss, "prior": course.prior_loss},
        modules=tuple(layers[:10]),
        advice="Lower the learning rate to a third, begin with biases of zero, or use LeakyReLU or GELU.",
    )
