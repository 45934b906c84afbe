"""Gradients not cleared: a step adds its gradients to those of updates that are already done.

Exact: gradients that have been used are still there when the next backward pass adds to them, and are not cleared before the
next update (Espalier's fault catalogue A7). Gradients accumulated over several batches for one update are no such case. Those
of a backward pass in eval mode, as in an evaluation, count too when a step of the training adds its own to them.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course
from espalier.diagnosis.wording import counted

ID = "T02-gradients-not-cleared"
EXPLAINED_BY = ()
MAX_UNCLEARED = 0  # steps; exact


def check(course: Course) -> Finding | None:
    """Fire when a step was made with gradients left over from an earlier update. Needs: losses."""
    if course.uncleared <= MAX_UNCLEARED:
        return _of_evaluation(course)
    return Finding(
        id=ID,
        sentence=f"In {counted(course.uncleared, 'step')} the gradients were added to those of updates "
        "already done: each update repeats all earlier ones.",
        severity=Severity.STOP,
        evidence={"steps": course.uncleared},
        advice="Call optimizer.zero_grad() once for every optimizer.step(), before the backward pass.",
    )


def _of_evaluation(course: Course) -> Finding | None:
    if course.left <= MAX_UNCLEARED:
        return None
    return Finding(
        id=ID,
        sentence=f"In {counted(course.left, 'step')} the gradients were added to those of an evaluation, which had called "
        "backward in eval mode.",
        severity=Severity.WARN,
        evidence={"steps": course.left},
        advice="Evaluate within torch.no_grad(), and call optimizer.zero_grad() before the backward pass of each step.",
    )
