"""Trained in eval mode: dropout does nothing and batch norm learns no statistics while the model is trained.

Exact: the whole model was in eval mode in all of the first steps, or in every step after the loop's first evaluation, which
switched to eval mode and never back (Espalier's fault catalogue A15). Single layers that are put
in eval mode, as for fine-tuning with fixed batch norm, are no such case.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course

ID = "T12-trained-in-eval-mode"
EXPLAINED_BY = ("W08-model-in-eval",)
MIN_STEPS = 3  # in all of which the model was in eval mode


def check(course: Course) -> Finding | None:
    """Fire when the model was in eval mode in the first steps, or ever since an evaluation. Needs: dropout or batch norm."""
    if not (course.is_trained_in_eval_mode or course.is_left_in_eval_mode):
        return None
    when = f"in the first {MIN_STEPS} steps" if course.is_trained_in_eval_mode else "in every step after the first evaluation"
    return Finding(
        id=ID,
        sentence=f"The model was trained in eval mode {when}: dropout and batch norm are switched off.",
        severity=Severity.WARN,
        evidence={"steps": MIN_STEPS},
        advice="Call model.train() before training, and again after every evaluation.",
    )
