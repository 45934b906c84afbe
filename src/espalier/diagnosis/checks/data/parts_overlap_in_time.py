"""Parts overlap in time: the model is judged on rows that are older than rows it learnt from.

Exact: times are compared, the test part's too (Espalier's fault catalogue C10). Where the split is by time the order is a
promise, and a breach stops the run; where parts were given and a column orders the rows, it is a warning.
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.schema import Role
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.parts import all_parts, range_of
from espalier.diagnosis.wording import joined

ID = "S05-parts-overlap-in-time"
EXPLAINED_BY = ()
MAX_OVERLAP = 0  # exact


def check(evidence: Evidence) -> Finding | None:
    """Fire when a later part begins before an earlier part ends. Needs: a split by time, or given parts and a time column."""
    plan = evidence.plan
    if evidence.splits is None or plan is None or plan.split.method not in ("time", "files", "column"):
        return None
    promised = plan.split.method == "time"
    column = plan.split.column if promised else next(iter(evidence.used.names(Role.TIME)), None)
    if column is None or column not in evidence.records.frame.columns:
        return None
    ranges = {part: range_of(records, column) for part, records in all_parts(evidence.splits).items()}
    known = [(part, one) for part, one in ranges.items() if one is not None]
    breaches = [
        (before, after, end, start)
        for (before, (_, end)), (after, (start, _)) in zip(known, known[1:], strict=False)
        if start < end  # type: ignore[operator]
    ]
    if len(breaches) <= MAX_OVERLAP:
        return None
    said = joined(
        [
            f"the {after} part begins at {start}, before the {before} part ends at {end}"
            for before, after, end, start in breaches
        ]
    )
    repair = Repair(f"split by '{column}', early rows first", {"split.column": column, "split.method": "time"})
    return Finding(
        id=ID,
        sentence=f"The parts overlap in time: {said}.",
        severity=Severity.STOP if promised else Severity.WARN,
        evidence={part: [str(one[0]), str(one[1])] for part, one in known},
        columns=(column,),
        repairs=() if promised else (repair,),
        advice="Judge a model on rows that are later than all rows it learnt from, as it will be used.",
    )
