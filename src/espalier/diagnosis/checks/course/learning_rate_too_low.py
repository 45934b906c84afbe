"""Learning rate too low: updates are tiny beside the weights, and the loss is no better than a constant answer's.

Two keys, or an experiment. Source of the threshold: Espalier's fault catalogue B2 (median update ratio below 5e-5; healthy runs
of its pilot 9e-4 to 1.2e-2, faults 1.3e-5 at most). Alone it is no sign: fine-tuning takes steps as small as that. The
experiment: a higher rate is what lowers the loss most. Of updates below a third of the least usual size, 3e-4, a little of that
is enough.
"""

import numpy as np

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import LASTING, Course

ID = "T05-learning-rate-too-low"
EXPLAINED_BY = (
    "W02-non-finite",
    "W24-unregistered-weights",
    "T20-rows-in-order",
    "W01-optimizer-misses-weights",
    "W03-weights-without-gradient",
    "W07-one-class-output",
    "W06-output-cannot-reach-target",
    "W04-probabilities-for-logits",
    "W05-shapes-broadcast",
    "W09-rows-mixed",
    "W11-first-loss-far-off",
    "W12-output-ignores-input",
    "W15-symmetric-weights",
    "W16-no-nonlinearity",
    "W17-summed-loss",
    "W18-small-batch-norm",
    "W19-heavy-dropout",
    "W21-input-scale",
    "W23-squared-error-on-classes",
    "T01-diverged",
    "T02-gradients-not-cleared",
    "T06-learning-rate-too-high",
    "T14-weight-decay-dominates",
    "T17-clipped-too-tightly",
    "T03-weights-unreached",
    "T04-weights-do-not-move",
    "T10-rate-decayed-early",
    "T07-dying-relu",
    "T08-saturated-units",
    "T09-vanishing-gradients",
    "W20-mostly-frozen",
    "W25-large-first-weights",
    "W27-steps-too-small",
    "T21-gradients-unused",
)
MIN_RATIO = 5e-5  # of an update to its weight
LOW_RATIO = 3e-4  # a third of the least of healthy runs
CHANGE = "a higher rate"
LITTLE_GAIN = 0.05  # logarithm by which a higher rate lowers the loss, where updates are as small as that


def check(course: Course) -> Finding | None:
    """Fire when updates are tiny and the model does not learn. Needs: three samples, the best constant answer's loss."""
    if len(course.samples) < LASTING:
        return None
    ratio, answers = float(np.median([one.ratio for one in course.samples])), course.answers
    would_learn = answers is not None and answers.gain(CHANGE) > LITTLE_GAIN
    is_found = course.falls_short and (ratio < MIN_RATIO or course.best_change == CHANGE)
    if not is_found and not (ratio < LOW_RATIO and would_learn):
        return None
    rate = course.samples[-1].learning_rate
    return Finding(
        id=ID,
        sentence=f"Each step changes the weights by {ratio:.1g} of their size (usual is 0.001 to 0.01), and after "
        f"{course.num_steps:,} steps the model has learnt too little: the learning rate, {rate:.3g}, is too low.",
        severity=Severity.WARN,
        evidence={"ratio": ratio, "learning_rate": rate, "recent": course.recent_loss, "prior": course.prior_loss},
        advice="Raise the learning rate tenfold until steps change the weights by about 0.001 of their size.",
    )
