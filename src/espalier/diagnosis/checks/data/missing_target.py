"""Missing target: rows that cannot be learnt from because the answer is not known.

Source of the threshold: deepchecks' limit of 5 % nulls. Few are taken out and named; many make one ask whether the rows
that are left are typical.
"""

from espalier.core.finding import Finding, Severity
from espalier.core.schema import Role
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import MAX_NAMED_ROWS, counted, either, lines, named, percent

ID = "D07-missing-target"
EXPLAINED_BY = ()
WARN_FRACTION = 0.05


def check(evidence: Evidence) -> Finding | None:
    """Fire when the target of a row is missing."""
    profile = evidence.profile
    counts = {name: profile.columns[name].num_missing for name in evidence.used.names(Role.TARGET) if name in profile.columns}
    counts = {name: count for name, count in counts.items() if count}
    if not counts:
        return None
    worst = max(counts.values())
    share = worst / max(profile.num_rows, 1)
    rows = tuple(row for one in evidence.removed if "target" in one.reason.lower() and one.count == worst for row in one.rows)
    where = f" ({lines(evidence.records, rows, worst)})" if rows else ""
    return Finding(
        id=ID,
        sentence=f"The target {named(tuple(counts))} is missing in {counted(worst, 'row')} ({percent(share)}){where}; "
        f"{either(worst, 'it is', 'they are')} left out of training and of every score.",
        severity=Severity.WARN if share > WARN_FRACTION else Severity.NOTE,
        evidence={"num_missing": counts, "fraction": share, **({"num_rows": worst} if rows else {})},
        columns=tuple(counts),
        rows=rows[:MAX_NAMED_ROWS],
        advice="Ask why the answer is missing: if that happens more to one sort of row, the score speaks for the others only.",
    )
