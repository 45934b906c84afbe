"""Gradients unused: the gradients of a batch are cleared before an update has used them, so that its rows teach nothing.

It happens where gradients of several small batches are to make one update, and zero_grad stands before each of them. Exact: in
each of the first steps a backward pass began with no gradients although one of other rows had been made, with the same
weights, since the update before. The same rows asked twice, as by sharpness-aware steps, losses that share a pass of the
model, and losses that teach another model too, as a generator's, are no such case; neither is a step that a gradient scaler
leaves out, for it does not do so every time.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course

ID = "T21-gradients-unused"
EXPLAINED_BY = ()
MIN_STEPS = 3  # the first ones, in each of which it was so


def check(course: Course) -> Finding | None:
    """Fire when gradients were cleared without an update in each of the first three steps. Needs: losses."""
    if len(course.unused) < MIN_STEPS or not all(course.unused):
        return None
    return Finding(
        id=ID,
        sentence=f"In each of the first {len(course.unused)} steps gradients of other rows had been cleared before the update: "
        "only the last of the batches that make a step counts.",
        severity=Severity.WARN,
        evidence={"steps": len(course.unused)},
        advice="Call optimizer.zero_grad() once for every optimizer.step(), and not before each backward pass.",
    )
