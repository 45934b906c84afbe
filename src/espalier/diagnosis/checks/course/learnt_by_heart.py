"""Learnt by heart: the model fits the rows it is trained on, and answers others no better than a constant does.

Either the targets have nothing to do with the inputs (shuffled apart, joined by the wrong key), or the rows are too few for so
large a model, or evaluation prepares its rows in another way than training. Two keys, both read in the loop's newest
evaluation: wrong answers (of quantities squared errors) are not clearly fewer than those of a constant answer, and the loss is
no lower than a constant's. Either alone is seen in healthy runs: an overconfident model loses much while it is right, and of a
rare class a good model may predict none. The thresholds are ours; two standard errors of a hundred rows are little to ask of a
model, and of fewer rows as many fewer are asked.
"""

import math

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import LEARNT_FRACTION, Course

ID = "T19-learnt-by-heart"
EXPLAINED_BY = (
    "W09-rows-mixed",
    "W10-unrepeatable",
    "W22-looks-ahead",
    "W18-small-batch-norm",
    "T13-evaluated-in-train-mode",
    "T12-trained-in-eval-mode",
    "W04-probabilities-for-logits",
    "W06-output-cannot-reach-target",
)
MIN_ROWS = 30  # of an evaluation
MANY_ROWS = 100
MIN_Z = 2.0  # standard errors by which its errors must be below a constant's, of 100 rows or more
FITTED = LEARNT_FRACTION  # of the best constant answer's loss, in training: below it something was learnt


def check(course: Course) -> Finding | None:
    """Fire when training rows are fitted and other rows are not. Needs: evaluations of the watched loss without gradients."""
    seen, prior = course.evaluation, course.prior_loss
    if seen is None or prior is None or not course.is_late or seen.num_rows < MIN_ROWS:
        return None
    if (
        seen.z >= MIN_Z * math.sqrt(min(seen.num_rows / MANY_ROWS, 1.0))
        or seen.loss < prior
        or not course.recent_loss < FITTED * prior
    ):
        return None
    return Finding(
        id=ID,
        sentence=f"In training the loss fell to {course.recent_loss:.3g} (the best constant answer's is {prior:.3g}), but on "
        f"{seen.num_rows:,} other rows it is {seen.loss:.3g}, and the model errs as much as a constant answer: {seen.own:.3g} "
        f"against {seen.constant:.3g}.",
        severity=Severity.WARN,
        evidence={
            "recent": course.recent_loss,
            "prior": prior,
            "loss": seen.loss,
            "own_error": seen.own,
            "constant_error": seen.constant,
            "standard_errors": seen.z,
            "rows": seen.num_rows,
        },
        advice="See whether each target still belongs to its inputs, and whether evaluation prepares its rows as training "
        "does; if both hold, take a smaller model or more rows.",
    )
