"""Near-empty columns: nothing is known in almost every row, so there is nothing to learn from.

Source of the threshold: ours. With 5 % of the rows filled, a test part of a tenth has a filled value in 1 row of 200.
"""

from espalier.core.finding import Finding, Severity
from espalier.core.schema import Role
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, leave_out, named, percent

ID = "D12-near-empty-columns"
EXPLAINED_BY = ()
READS_STEPS = True
NEAR_EMPTY_FRACTION = 0.95


def check(evidence: Evidence) -> Finding | None:
    """Fire when 95 % or more of a column is missing, also when the column is left out already."""
    rows = max(evidence.profile.num_rows, 1)
    able = set(evidence.used.names(Role.INPUT, Role.IGNORED))
    shares = {
        name: column.num_missing / rows
        for name, column in evidence.profile.columns.items()
        if name in able and column.num_missing / rows >= NEAR_EMPTY_FRACTION
    }
    if not shares:
        return None
    columns = sorted(shares, key=lambda name: -shares[name])
    inputs = set(evidence.inputs())
    used = [name for name in columns if name in inputs]
    left_out = "" if used else " They are left out." if len(columns) > 1 else " It is left out."
    return Finding(
        id=ID,
        sentence=f"{counted(len(columns), 'column')} {either(len(columns), 'is', 'are')} nearly empty: "
        f"{named(columns, [percent(shares[name]) + ' missing' for name in columns])}.{left_out}",
        severity=Severity.NOTE,
        evidence={"missing_fraction": {name: shares[name] for name in columns}, "used": used},
        columns=tuple(columns),
        repairs=(leave_out(used),) if used else (),
        advice="If an empty cell means something (for example 'no pool'), write that as a value and describe the column again.",
    )
