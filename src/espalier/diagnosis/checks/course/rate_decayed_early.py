"""Rate decayed early: the learning rate is next to nothing when most of the training is still to come.

Source of the threshold: Espalier's fault catalogue B3 and A11 (below 1e-3 of its highest after a fifth of the steps; most often
a schedule of epochs that is stepped with every batch). A schedule with restarts comes back, so it must have stayed there.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course

ID = "T10-rate-decayed-early"
EXPLAINED_BY = ()
MIN_RATE = 1e-3  # of the highest
EARLY = 0.2  # of the planned steps
MIN_SAMPLES = 2  # running, the newest among them


def check(course: Course) -> Finding | None:
    """Fire when the learning rate falls to a thousandth in the first fifth and stays there. Needs: planned_steps, samples."""
    highest = max((one.highest_rate for one in course.samples), default=0.0)
    if not course.planned_steps or highest <= 0:
        return None
    above = [i for i, one in enumerate(course.samples) if one.highest_rate >= MIN_RATE * highest]
    low, step = course.samples[above[-1] + 1 :], course.samples[above[-1]].step + 1
    if len(low) < MIN_SAMPLES or step > EARLY * course.planned_steps:
        return None
    rate = low[0].highest_rate
    return Finding(
        id=ID,
        sentence=f"At step {step:,} of {course.planned_steps:,} the learning rate has already fallen from {highest:.3g} "
        f"to {rate:.3g}: what comes after hardly changes the model.",
        severity=Severity.WARN,
        evidence={"step": step, "planned_steps": course.planned_steps, "highest": highest, "rate": rate},
        advice="Stretch the schedule over all steps; call scheduler.step() once an epoch when it counts epochs.",
    )
