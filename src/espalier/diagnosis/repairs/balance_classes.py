"""Let a class count in inverse proportion to its rows.

Why: a rare class weighs so little in the loss that a network may do without ever answering it.

Paper: King, Zeng 2001, Logistic Regression in Rare Events Data, section 4.1 (weighting by the shares of the classes).
"""

from espalier.core.catalogue import tasks
from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "let a class count in inverse proportion to its rows"
CURES = {"D08-rare-classes": 1, "W07-one-class-output": 1}


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when classes are weighed or drawn evenly already, or there are none."""
    task = tasks().get(plan.task.name)
    is_open = plan.task.class_weights == "none" and plan.task.sampling == "none"
    return Repair(NAME, {"task.class_weights": "balanced"}) if task and task.target == "class" and is_open else None
