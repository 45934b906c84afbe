"""Group on both sides: rows of one declared group (a patient, a device) are learnt from and judged on.

Exact: groups are compared by name, the test part's too. Source: Espalier's fault catalogue C9; Kapoor & Narayanan 2023
(Patterns 4), leak L3.2. It stops the run when the split itself promised to keep groups together, or when holding whole
groups out costs more than .03 of the explained share at z > 3; a declared group without effect is a warning.
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.schema import Role
from espalier.data.series.windows_survey import RECORDING
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.parts import all_parts, shared_values
from espalier.diagnosis.quick_model import Gap
from espalier.diagnosis.units import gap_of_column
from espalier.diagnosis.wording import counted, joined

ID = "S03-group-on-both-sides"
EXPLAINED_BY = ()
MIN_GAP = 0.03  # of the explained share of the target
MIN_Z = 3.0


def check(evidence: Evidence) -> Finding | None:
    """Fire when a declared group has rows in the training part and in another; windows that share steps are left to S12."""
    if evidence.splits is None:
        return None
    parts = all_parts(evidence.splits)
    promised = evidence.plan.split.column if evidence.plan is not None and evidence.plan.split.method == "group" else None
    names = dict.fromkeys([*([promised] if promised else []), *evidence.used.names(Role.GROUP)])
    for column in names:
        if column not in evidence.records.frame.columns or (column.endswith(RECORDING) and column != promised):
            continue
        shared = shared_values(parts, column)
        if shared:
            gap = _gap(evidence, column)
            return _finding(column, {part: len(values) for part, values in shared.items()}, gap, column == promised)
    return None


def _gap(evidence: Evidence, column: str) -> Gap | None:
    names = [name for name in evidence.features if name != column]
    return gap_of_column(evidence, column, names) if evidence.targets else None


def _finding(column: str, num_shared: dict[str, int], gap: Gap | None, was_promised: bool) -> Finding:
    matters = gap is not None and gap.size > MIN_GAP and gap.z > MIN_Z
    said = joined([f"{counted(count, 'group')} of the {part} part" for part, count in num_shared.items()])
    scores = "" if gap is None else " " + gap.sentence("groups are torn apart", "they are new to it")
    numbers = {} if gap is None else gap.evidence()
    return Finding(
        id=ID,
        sentence=f"The groups of '{column}' are torn apart: {said} have rows in the training part too.{scores}",
        severity=Severity.STOP if was_promised or matters else Severity.WARN,
        evidence={"num_shared_groups": num_shared, **numbers},
        columns=(column,),
        repairs=(Repair(f"keep rows of one {column} together", {"split.column": column, "split.method": "group"}),),
        advice="If the model is to serve groups that it has not seen, the lower score is the honest one.",
    )
