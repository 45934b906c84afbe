"""Rows in order: batches differ in their classes far more than by chance, as when rows sorted by class are not shuffled.

Each batch then pulls the model towards its own classes, and what was learnt of the others is lost. Pearson's chi-square of the
first batches by classes; a shuffled loader gives about 1 for each degree of freedom. Second key: the model falls short, for
batches of few classes are also made on purpose (metric learning, episodes of few-shot learning). Source: Espalier's fault
catalogue C5 (p below 1e-6); the factor is ours, so that a little unevenness among very many rows is not told.
"""

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.course import Course

ID = "T20-rows-in-order"
EXPLAINED_BY = ()
MAX_P = 1e-6  # of such a difference between shuffled batches
MIN_SURPLUS = 3.0  # times the variation of shuffled batches


def check(course: Course) -> Finding | None:
    """Fire when batches hold runs of one class and the model falls short. Needs: classes as targets."""
    surplus, p = course.class_surplus
    if surplus < MIN_SURPLUS or p > MAX_P or not course.falls_short:
        return None
    return Finding(
        id=ID,
        sentence=f"The classes of the batches differ {surplus:.0f} times as much as those of shuffled rows would: the rows "
        "come in an order that follows the class.",
        severity=Severity.WARN,
        evidence={"surplus": surplus, "p": p, "steps": course.num_steps},
        advice="Shuffle the training rows anew in every epoch: DataLoader(..., shuffle=True).",
    )
