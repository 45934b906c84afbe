"""Evaluated in train mode: losses of the evaluation are measured with dropout at work or with statistics of the batch.

Exact: no evaluation without gradients was in eval mode (Espalier's fault catalogue A15).
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course

ID = "T13-evaluated-in-train-mode"
EXPLAINED_BY = ()
MAX_IN_EVAL_MODE = 0  # evaluations; exact


def check(course: Course) -> Finding | None:
    """Fire when every evaluation ran in train mode. Needs: dropout or batch norm, losses without gradients."""
    if not course.is_evaluated_in_train_mode:
        return None
    return Finding(
        id=ID,
        sentence=f"Of all evaluations {MAX_IN_EVAL_MODE} ran in eval mode: their losses are measured with dropout, or with the "
        "statistics of each batch, and are not those that the model will have in use.",
        severity=Severity.WARN,
        evidence={"in_eval_mode": MAX_IN_EVAL_MODE},
        advice="Call model.eval() before each evaluation and model.train() after it.",
    )
