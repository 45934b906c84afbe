"""Pictures named by group: file names such as speaker03_2.png say who is shown, and pictures of one stand on both sides.

Exact: where 90 % of the names begin with a word and a number that repeat (5 groups or more, 2 pictures each on average) the
groups are compared by name, the test part's too. Whether they matter is not measured: pictures of one person, one machine
or one place are alike, and a score on known ones is too good for new ones (Kapoor & Narayanan 2023, Patterns 4, leak L3.2).
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.schema import Role
from espalier.data.clean import NAMED_GROUP
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.parts import all_parts, shared_values
from espalier.diagnosis.wording import counted, joined

ID = "S11-pictures-named-by-group"
EXPLAINED_BY = ()
MAX_SHARED = 0  # groups of valid or test that training knows


def check(evidence: Evidence) -> Finding | None:
    """Fire when pictures of one group, as their names tell, are learnt from and judged on."""
    if evidence.splits is None or evidence.pictures is None or not _names_groups(evidence):
        return None
    shared = shared_values(all_parts(evidence.splits), NAMED_GROUP)
    num_shared = {part: len(values) for part, values in shared.items()}
    if sum(num_shared.values()) <= MAX_SHARED:
        return None
    examples = list(dict.fromkeys(str(value) for values in shared.values() for value in values))
    num_groups = evidence.records.frame.get_column(NAMED_GROUP).drop_nulls().n_unique()
    said = joined([f"{counted(count, 'group')} of the {part} part" for part, count in num_shared.items()])
    changes = {f"schema.columns.{NAMED_GROUP}.role": "group", "split.method": "group", "split.column": NAMED_GROUP}
    return Finding(
        id=ID,
        sentence=f"The names of the pictures tell {counted(num_groups, 'group')} ('{examples[0]}', for example), and {said} "
        "have pictures in the training part too.",
        severity=Severity.WARN,
        evidence={"num_shared_groups": num_shared, "num_groups": num_groups, "example": examples[0]},
        columns=(NAMED_GROUP,),
        repairs=(Repair(f"keep rows of one {NAMED_GROUP} together", changes),),
        advice="If the model is to serve groups that it has not seen (a new person, a new place), split by this name: the "
        "lower score is the honest one.",
    )


def _names_groups(evidence: Evidence) -> bool:
    """Return whether there is a column of the groups that names tell, which nobody has declared."""
    column = evidence.used.columns.get(NAMED_GROUP)
    return column is not None and column.role is Role.IDENTIFIER and NAMED_GROUP in evidence.records.frame.columns
