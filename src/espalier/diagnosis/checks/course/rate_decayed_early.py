"""Rate decayed early: the learning rate is next to nothing when most of the training is still to come.

Source of the threshold: Espalier's fault catalogue B3 and A11 (below 1e-3 of its highest after a fifth of the steps; most often
a schedule of epochs that is stepped with every batch). A schedule with restarts comes back, so it must have stayed there. Later
it counts too where all planned steps together are worth less than a tenth of as many at the highest rate: a rate that falls
evenly to a hundredth gives 0.21, a cosine 0.5, and only one that ends below 0.00005, and so rests for a third of the steps,
gives less than 0.1. Or an experiment: the rate fell to a tenth, and going on at the highest is what would have lowered the loss
most; little of that is enough where the steps are worth less than a tenth.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import RESTING, Course

ID = "T10-rate-decayed-early"
EXPLAINED_BY = ()
MIN_RATE = RESTING  # of the highest
EARLY = 0.2  # of the planned steps
FALLEN = 0.1  # of the highest
UNFALLEN = ("more steps", "a higher rate", "no weight decay")  # trials at the highest rate, or a higher one
MIN_SHARE = 0.1  # of the highest rate, in the mean of the planned steps
LITTLE_GAIN = 0.05  # logarithm by which a trial lowers the loss, where the share is below that
SEEN = 0.1  # of the planned steps, for which the rate has rested
MIN_SAMPLES = 2  # running, the newest among them


def check(course: Course) -> Finding | None:
    """Fire when the rate falls too early. Needs: samples; planned_steps, or a trial when the training is over."""
    highest = max((one.highest_rate for one in course.samples), default=0.0)
    if highest <= 0:
        return None
    step, rate = course.rests_from, course.samples[-1].learning_rate
    if not _rests_early(course):
        step, rate = _fallen(course, FALLEN * highest)
        if step is None or not _would_have_learnt(course):
            return None
    planned = f"of {course.planned_steps:,} " if course.planned_steps else ""
    return Finding(
        id=ID,
        sentence=f"At step {step:,} {planned}the learning rate has already fallen from {highest:.3g} "
        f"to {rate:.3g}: what comes after hardly changes the model.",
        severity=Severity.WARN,
        evidence={"step": step, "planned_steps": course.planned_steps, "highest": highest, "rate": rate},
        advice="Stretch the schedule over all steps; call scheduler.step() once an epoch when it counts epochs.",
    )


def _rests_early(course: Course) -> bool:
    """Return whether the rate has been next to nothing since early in the training, for a tenth of the steps at least."""
    first, planned, share = course.rests_from, course.planned_steps, course.rate_share
    done = course.num_updates or 0
    if first is None or not planned or share is None or done - first < SEEN * planned:
        return False
    return first <= EARLY * planned or share < MIN_SHARE


def _would_have_learnt(course: Course) -> bool:
    """Return whether going on at the highest rate, or above it, lowers the loss: by much, or after a schedule that is short."""
    share, answers = course.rate_share, course.answers
    if course.best_change in UNFALLEN:
        return True
    is_short = share is not None and share < MIN_SHARE and answers is not None
    return is_short and answers is not None and max(answers.gain(one) for one in UNFALLEN) > LITTLE_GAIN


def _fallen(course: Course, limit: float) -> tuple[int | None, float]:
    """Return the step from which on the rate stays below a limit, and the rate there; None where it does not."""
    above = [i for i, one in enumerate(course.samples) if one.highest_rate >= limit]
    low = course.samples[above[-1] + 1 :] if above else ()
    return (course.samples[above[-1]].step + 1, low[0].highest_rate) if len(low) >= MIN_SAMPLES else (None, 0.0)
