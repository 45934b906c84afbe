"""Close a leak as its sign proposes: leave a column out, split by group or by time, deal copies to one part.

Why: a score is only honest when nothing that is known of the judged rows is known of the answer. Such a repair may lower the
score, and is right all the same: it is not proved by a gain, but by the leak being gone.

Paper: Kapoor, Narayanan 2023, Leakage and the Reproducibility Crisis in Machine-Learning-Based Science, Patterns 4.
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan
from espalier.diagnosis.model_options import first_that_changes

NAME = "close the leak as its sign proposes"
CURES = {
    "D14-identifier-as-input": 1,
    "D16-target-in-one-column": 1,
    "D17-target-is-a-formula": 1,
    "S01-rows-in-two-parts": 1,
    "S03-group-on-both-sides": 1,
    "S04-hidden-group": 1,
    "S05-parts-overlap-in-time": 1,
    "S06-time-ignored": 1,
}
CLOSES_LEAK = True


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the first repair of the sign that changes the plan; None without one."""
    return first_that_changes(plan, finding.repairs)
