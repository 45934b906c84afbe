"""Bring values that hardly any recipe uses back to what a plan does by itself.

Why: an option far outside of the range in which it is used is a likelier cause than one within it, whatever the symptom: a
penalty that outweighs the loss, an average over more steps than there are, batches of all rows, one input of many.

Source: Google's Deep Learning Tuning Playbook (2023), part on choosing the first configuration (begin with what is known to
work); the ranges stand in `diagnosis/usual_values.py`.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.usual_values import odd_values

NAME = "bring unusual values back to the usual ones"
CURES = {
    "D22-unusual-setting": 1,
    "G02-underfitting": 1,
    "G03-stopped-while-improving": 1,
    "T05-learning-rate-too-low": 1,
    "T11-not-learning": 3,
    "T15-behind-simple-model": 3,
    "T16-could-learn-more": 3,
}


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when every value is a usual one."""
    own = {path: odd.usual.own for path, odd in odd_values(plan).items()}
    return Repair(NAME, own) if own else None
