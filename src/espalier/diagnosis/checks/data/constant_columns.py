"""Constant columns: one value in every row, so nothing can be learnt from it.

Exact: it counts different values.
"""

from espalier.core.finding import Finding, Severity
from espalier.core.schema import Role
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, leave_out, named

ID = "D11-constant-columns"
EXPLAINED_BY = ()
READS_STEPS = True
MAX_DISTINCT = 1  # a column with missing values and one other value tells which is which: it is not constant


def check(evidence: Evidence) -> Finding | None:
    """Fire when a column has a single value, also when it is left out already."""
    able = set(evidence.used.names(Role.INPUT, Role.IGNORED))
    columns = tuple(
        name
        for name, column in evidence.profile.columns.items()
        if name in able and (column.num_distinct == MAX_DISTINCT and column.num_missing == 0 or column.num_distinct == 0)
    )
    if not columns:
        return None
    inputs = set(evidence.inputs())
    used = [name for name in columns if name in inputs]
    left_out = "" if used else " They are left out." if len(columns) > 1 else " It is left out."
    return Finding(
        id=ID,
        sentence=f"{counted(len(columns), 'column')} {either(len(columns), 'has', 'have')} the same value in every row: "
        f"{named(columns)}.{left_out}",
        severity=Severity.NOTE,
        evidence={"used": used},
        columns=columns,
        repairs=(leave_out(used),) if used else (),
        advice="Nothing can be learnt from them; check that they were not cut off or filled by mistake.",
    )
