"""Loosen the clipping of gradients to a norm of 1.

Why: a limit far below the usual norm scales every gradient down, which is a learning rate that is too low under another name.

Source: Google's Deep Learning Tuning Playbook (2023): a limit that clips more than half of the steps is too tight.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "loosen the clipping of gradients"
CURES = {
    "T04-weights-do-not-move": 3,
    "T05-learning-rate-too-low": 3,
    "T11-not-learning": 1,
    "G02-underfitting": 1,
    "T15-behind-simple-model": 1,
    "T16-could-learn-more": 1,
    "T17-clipped-too-tightly": 1,
}
TIGHT = 0.1  # ordinary networks have norms of 0.1 to 10
NORM = 1.0


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when the limit is not tight."""
    norm = plan.learning.clip_norm
    return None if norm is None or norm >= TIGHT else Repair(NAME, {"learning.clip_norm": NORM})
