"""Could learn more: a few more steps, with one thing changed, lower the loss of rows that the training has seen.

An experiment on copies when the training is over: it goes on from the last weights with half of the kept rows, and the other
half is judged. A model that has learnt what there is gains little, because it has seen them all. Calibrated: how much healthy
runs gain is measured (`make calibrate`). Where the loss is small the errors count instead: half as many wrong answers and three
in a hundred fewer, or as much of the targets' variance, by three standard errors; healthy runs of the benchmark spare two in a
hundred at most. Which change helps most names the cause, where there is a sign for it.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.calibration import calibration
from espalier.diagnosis.checks.course import not_learning
from espalier.diagnosis.course import COULD_LEARN_MORE, HALVED, MIN_SPARED, Course

ID = COULD_LEARN_MORE
EXPLAINED_BY = not_learning.EXPLAINED_BY
MIN_FEWER = MIN_SPARED  # share of wrong answers; the limit of the loss is calibrated
MIN_SHARE_OF_ERRORS = HALVED  # that must be spared


def score(course: Course) -> float | None:
    """Return the logarithm by which the best trial lowers the loss."""
    return course.could_learn_more


def check(course: Course) -> Finding | None:
    """Fire when a trial lowers the loss much more than on healthy runs. Needs: the end of the training, kept rows."""
    answers, change = course.answers, course.best_change
    if answers is None or not change:
        return None
    return Finding(
        id=ID,
        sentence=f"A few steps more, with {change}, bring the loss from {answers.before:.3g} to {answers.after[change]:.3g} on "
        "rows that they do not use: the model has not learnt what it could.",
        severity=Severity.WARN,
        evidence={
            "before": answers.before,
            "after": dict(answers.after),
            "score": course.could_learn_more,
            "limit": calibration().limit(ID),
            "errors": answers.errors,
            "spared": answers.spared.get(change, 0.0),
        },
        advice=ADVICE[change],
    )


ADVICE = {
    "more steps": "Train longer, let the learning rate fall later, or clip gradients less.",
    "a higher rate": "Raise the learning rate tenfold.",
    "a lower rate": "Lower the learning rate to a tenth, or let it fall towards the end.",
    "no weight decay": "Lower the weight decay to a tenth or less.",
    "less dropout": "Lower dropout to 0.1 to 0.5.",
}
