"""Cannot be split: the rows cannot be dealt to the parts as planned, so no training can begin. Exact: the split was tried."""

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.evidence import Evidence

ID = "S10-cannot-be-split"
EXPLAINED_BY = ()
MIN_PARTS = 3  # train, valid and test


def check(evidence: Evidence) -> Finding | None:
    """Fire when the split was tried and refused. Needs: a plan."""
    plan = evidence.plan
    if not evidence.unsplit or plan is None:
        return None
    freely = Repair("draw the rows freely", {"split.method": "random", "split.column": None})
    return Finding(
        id=ID,
        sentence=f"The {len(evidence.records):,} rows cannot be dealt to {MIN_PARTS} parts: {evidence.unsplit}",
        severity=Severity.STOP,
        evidence={"method": plan.split.method, "rows": len(evidence.records)},
        columns=() if plan.split.column is None else (plan.split.column,),
        repairs=() if plan.split.method in ("random", "files") else (freely,),
        advice="Give more rows, or split them another way: a model needs rows to learn from and others to be judged on.",
    )
