"""Saturated units: outputs of sigmoids or tanhs stand at their ends, where the slope is nearly zero.

Two keys. Source of the threshold: Espalier's fault catalogue B16 (more than half of the outputs, and the model does not learn).
Saturated units alone are found in healthy networks too: a classifier that is sure of its answers has them.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course
from espalier.diagnosis.wording import named, percent

ID = "T08-saturated-units"
EXPLAINED_BY = (
    "W02-non-finite",
    "W06-output-cannot-reach-target",
    "W21-input-scale",
    "W17-summed-loss",
    "W11-first-loss-far-off",
    "T02-gradients-not-cleared",
    "T06-learning-rate-too-high",
    "W25-large-first-weights",
    "W26-first-step-too-large",
)
MAX_SATURATED = 0.5  # of a layer's outputs, in three samples running


def check(course: Course) -> Finding | None:
    """Fire when most outputs of a layer are saturated and the model does not learn. Needs: three samples with activations."""
    if not course.falls_short:
        return None
    seen = course.lasting(lambda sample: sample.saturated)
    saturated = {name: share for name, share in seen.items() if share > MAX_SATURATED}
    if not saturated:
        return None
    layers = sorted(saturated, key=lambda name: -saturated[name])
    return Finding(
        id=ID,
        sentence=f"{percent(saturated[layers[0]])} of the outputs of {named(layers)} stand at their ends, step after step, "
        "where hardly any gradient passes.",
        severity=Severity.WARN,
        evidence={
            "saturated": {name: saturated[name] for name in layers[:10]},
            "recent": course.recent_loss,
            "prior": course.prior_loss,
        },
        modules=tuple(layers[:10]),
        advice="Scale the inputs to about -1 to 1, begin with smaller weights (Xavier), or lower the learning rate.",
    )
