"""Not learning: half of the training is over, and the loss is no better than that of the best constant answer.

Source of the threshold: Espalier's fault catalogue, check 11 (loss above .97 of the prior's after half of the steps; it alone
found 65 % of the harmful faults). It is a symptom; any other sign that stops a model from learning is its cause.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import LEARNT_FRACTION, Course

ID = "T11-not-learning"
EXPLAINED_BY = (
    "W02-non-finite",
    "W01-optimizer-misses-weights",
    "W07-one-class-output",
    "W06-output-cannot-reach-target",
    "W05-shapes-broadcast",
    "W09-rows-mixed",
    "W03-weights-without-gradient",
    "W04-probabilities-for-logits",
    "W15-symmetric-weights",
    "T02-gradients-not-cleared",
    "T03-weights-unreached",
    "T04-weights-do-not-move",
    "W21-input-scale",
    "W12-output-ignores-input",
    "W11-first-loss-far-off",
    "W17-summed-loss",
    "T10-rate-decayed-early",
    "T06-learning-rate-too-high",
    "T14-weight-decay-dominates",
    "T07-dying-relu",
    "T08-saturated-units",
    "T09-vanishing-gradients",
    "T05-learning-rate-too-low",
    "T01-diverged",
    "W19-heavy-dropout",
    "W16-no-nonlinearity",
    "W20-mostly-frozen",
    "W18-small-batch-norm",
    "W24-unregistered-weights",
    "W10-unrepeatable",
    "T20-rows-in-order",
    "W08-model-in-eval",
    "T12-trained-in-eval-mode",
    "W23-squared-error-on-classes",
    "T17-clipped-too-tightly",
    "T18-dropout-too-large",
    "W25-large-first-weights",
    "W26-first-step-too-large",
    "W27-steps-too-small",
    "T21-gradients-unused",
)
MAX_LOSS = LEARNT_FRACTION  # of the best constant answer's


def check(course: Course) -> Finding | None:
    """Fire when the loss is no better than the best constant answer's after half of the steps. Needs: that loss."""
    prior, recent = course.prior_loss, course.recent_loss
    if not course.does_not_learn or prior is None:
        return None
    return Finding(
        id=ID,
        sentence=f"After {course.num_steps:,} steps the loss is {recent:.3g}; the best constant answer loses {prior:.3g}: "
        "nothing has been learnt from the inputs.",
        severity=Severity.WARN,
        evidence={"steps": course.num_steps, "recent": recent, "prior": prior, "share": recent / prior},
        advice="Where no cause is named, see whether the model can fit 16 rows alone; if it can, whether each target belongs "
        "to its inputs.",
    )
