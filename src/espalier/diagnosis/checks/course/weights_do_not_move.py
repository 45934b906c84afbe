"""Weights do not move: there are gradients, but no weight changes.

Exact: in every sampled step all updates are zero and some gradient is not, or the optimizer made no step at all (Espalier's
fault catalogue A11).
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course

ID = "T04-weights-do-not-move"
EXPLAINED_BY = ("W02-non-finite", "W01-optimizer-misses-weights")
MIN_SAMPLES = 2
MIN_LOSSES = 200  # before which a missing step may be gathered gradients
MAX_UPDATE = 0.0  # exact


def check(course: Course) -> Finding | None:
    """Fire when all sampled updates are zero although gradients are not, or nothing was updated at all. Needs: samples."""
    samples = course.samples
    if course.num_updates == 0 and course.num_steps >= MIN_LOSSES:
        return Finding(
            id=ID,
            sentence=f"After {course.num_steps:,} losses no update of a weight of the model was seen.",
            severity=Severity.STOP,
            evidence={"losses": course.num_steps, "samples": 0},
            advice="Call optimizer.step() after each backward pass, and give the optimizer this model's parameters.",
        )
    if len(samples) < MIN_SAMPLES:
        return None
    is_still = all(max(one.updates.values()) <= MAX_UPDATE < max(one.gradients.values(), default=0.0) for one in samples)
    highest = max(one.highest_rate for one in samples)
    if not is_still or (highest == 0 and not course.is_late):
        return None
    return Finding(
        id=ID,
        sentence=f"No weight has changed in {samples[-1].step:,} steps although there are gradients; "
        f"the learning rate is {samples[-1].learning_rate:.3g}.",
        severity=Severity.STOP,
        evidence={"steps": samples[-1].step, "samples": len(samples), "learning_rate": samples[-1].learning_rate},
        advice="Raise the learning rate; weights of half precision round small updates off, so keep them in float32."
        if highest > 0
        else "Set a learning rate above zero, and look at what the schedule makes of it.",
    )
