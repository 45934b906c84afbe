"""Behind a simple model: a linear model or a few trees, that have not seen the rows they answer, answer them better.

The network has been trained on these rows and still loses more on them, in eval mode. Calibrated: how far behind a network is
on healthy runs is measured (`make calibrate`); besides, the difference must be three standard errors. It is a symptom; any
other sign that keeps a model from learning is its cause. (Espalier's fault catalogue, check 11: 65 % of the harmful faults.)
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.calibration import calibration, is_unusual
from espalier.diagnosis.checks.course import not_learning
from espalier.diagnosis.course import BEHIND_SIMPLE, MIN_Z, Course

ID = BEHIND_SIMPLE
EXPLAINED_BY = (*not_learning.EXPLAINED_BY, not_learning.ID, "T16-could-learn-more")
MIN_STANDARD_ERRORS = MIN_Z  # between the two losses


def score(course: Course) -> float | None:
    """Return how far the model is behind the simple one: the logarithm of the ratio of their losses."""
    return None if course.answers is None or course.answers.simple is None else course.answers.behind


def check(course: Course) -> Finding | None:
    """Fire when a simple model answers much better. Needs: the end of the training, kept rows, a loss of torch."""
    answers, behind = course.answers, course.behind_simple
    if answers is None or answers.simple is None or not is_unusual(ID, behind):
        return None
    return Finding(
        id=ID,
        sentence=f"On rows that it was trained on the model loses {answers.own:.3g}; a simple model that has not seen them "
        f"loses {answers.simple:.3g}, and the best constant answer {answers.constant:.3g}.",
        severity=Severity.WARN,
        evidence={
            "own": answers.own,
            "simple": answers.simple,
            "constant": answers.constant,
            "standard_errors": answers.z,
            "score": behind,
            "limit": calibration().limit(ID),
        },
        advice="Where no cause is named, see whether the model can fit 16 rows alone, whether it is large enough, and whether "
        "ten times or a tenth of the learning rate does better; or use the simple model.",
    )
