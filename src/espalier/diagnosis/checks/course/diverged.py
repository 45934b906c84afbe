"""Diverged: the loss is no longer a number, or has risen far above where it began and stays there.

Not a number is exact. A rise counts when the median of the newest steps is more than three times that of the first ten
(Espalier's fault catalogue B1; healthy runs of its pilot stayed below 1.4).
"""

import numpy as np

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import MIN_STEPS, Course

ID = "T01-diverged"
EXPLAINED_BY = (
    "W02-non-finite",
    "W21-input-scale",
    "W17-summed-loss",
    "W11-first-loss-far-off",
    "T02-gradients-not-cleared",
    "T06-learning-rate-too-high",
    "W25-large-first-weights",
    "W26-first-step-too-large",
)
MAX_RISE = 3.0  # newest median by that of the first ten steps


def check(course: Course) -> Finding | None:
    """Fire when losses or weights are not finite, or the loss rose threefold. Needs: losses."""
    broken = np.flatnonzero(~np.isfinite(course.losses))
    advice = "Lower the learning rate to a third or a tenth, warm it up, or clip gradients."
    if len(broken) or course.non_finite_weights:
        first = int(broken[0]) + 1 if len(broken) else course.num_steps
        named = (
            f" and {len(course.non_finite_weights)} weights hold values that are no numbers"
            if course.non_finite_weights
            else ""
        )
        return Finding(
            id=ID,
            sentence=f"The loss is no longer a number from step {first:,} on{named}.",
            severity=Severity.STOP,
            evidence={"first_step": first, "num_weights": len(course.non_finite_weights)},
            modules=course.non_finite_weights[:10],
            advice=advice,
        )
    if course.num_steps < MIN_STEPS or not course.early_loss > 0 or course.recent_loss <= MAX_RISE * course.early_loss:
        return None
    return Finding(
        id=ID,
        sentence=f"The loss rose from {course.early_loss:.3g} to {course.recent_loss:.3g} in {course.num_steps:,} steps.",
        severity=Severity.WARN,
        evidence={"early": course.early_loss, "recent": course.recent_loss, "steps": course.num_steps},
        advice=advice,
    )
