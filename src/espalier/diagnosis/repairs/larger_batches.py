"""Make batches of 32 rows, where fewer are normalised together.

Why: batch norm estimates mean and deviation from the rows of a batch; from two or three of them the estimate is noise, and
the running averages used afterwards are of another size.

Paper: Wu, He 2018, arXiv 1803.08494, figure 1 (the error of batch norm rises steeply below 16 rows).
"""

from espalier.core.finding import Finding, Repair
from espalier.core.plan import Plan

NAME = "make larger batches"
CURES = {"W18-small-batch-norm": 1}
ROWS = 32


def repair(plan: Plan, finding: Finding) -> Repair | None:
    """Return the repair; None when batches are as large already."""
    return None if plan.learning.batch_size >= ROWS else Repair(NAME, {"learning.batch_size": ROWS})
