"""Dropout too large: with less of it a few more steps lower the loss far more than with it.

An experiment when the training is over, tried where a layer drops more than half (Espalier's fault catalogue B14); calibrated
with all other trials (`make calibrate`).
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course

ID = "T18-dropout-too-large"
EXPLAINED_BY = ("W02-non-finite", "W19-heavy-dropout")
MAX_RATE = 0.5
CHANGE = "less dropout"


def check(course: Course) -> Finding | None:
    """Fire when going on with less dropout is what lowers the loss most. Needs: the end of the training, kept rows."""
    answers = course.answers
    if answers is None or course.best_change != CHANGE:
        return None
    return Finding(
        id=ID,
        sentence=f"With less dropout a few steps bring the loss from {answers.before:.3g} to {answers.after[CHANGE]:.3g} on "
        f"rows that they do not use: more than {MAX_RATE:.0%} is too much here.",
        severity=Severity.WARN,
        evidence={"before": answers.before, "after": answers.after[CHANGE], "score": answers.gain(CHANGE)},
        advice="Lower dropout to 0.1 to 0.5; p is the share that is dropped.",
    )
