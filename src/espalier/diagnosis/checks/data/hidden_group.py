"""Hidden group: a column whose values repeat names something (a patient, a household), and rows of one of them are alike.

Source: Espalier's fault catalogue C9: the explained share with rows mixed less that with whole groups held out above .03,
and z > 3 (12 of 12 planted leaks found, none on 12 healthy tables); on 13 real tables the largest honest gap with z > 3 was
.016. Only columns that name something are tried: identifiers that repeat, and columns with the name or the shape of one.
Ordinary categories (a district, a brand) group rows too, and are meant to be learnt.
"""

import polars as pl

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.schema import Kind, Role
from espalier.data.describe.names import names_key, names_person, names_subject
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.quick_model import Gap
from espalier.diagnosis.units import MIN_UNITS, gap_of_column
from espalier.diagnosis.wording import counted

ID = "S04-hidden-group"
EXPLAINED_BY = ()
MIN_GAP = 0.03  # of the explained share of the target
MIN_Z = 3.0
MIN_ROWS_OF_A_GROUP = 1.5  # on average; otherwise the values hardly repeat
MIN_GROUPS_UNNAMED = 50  # of a column whose name says nothing: many and small groups
MAX_ROWS_OF_A_GROUP_UNNAMED = 20.0
MAX_LARGEST_FRACTION = 0.2  # share of the rows in the largest group; names do not repeat that much
MAX_CANDIDATES = 3


def check(evidence: Evidence) -> Finding | None:
    """Fire when a quick model loses much on groups that it has not seen. Needs: a target, and no split by that column."""
    if len(evidence.targets) != 1 or len(evidence.probe) < 2 * MIN_UNITS:
        return None
    candidates = _candidates(evidence)
    names = [name for name in evidence.features if name not in candidates]
    worst: tuple[str, Gap] | None = None
    for column in candidates:
        gap = gap_of_column(evidence, column, names)
        if gap is not None and gap.size > MIN_GAP and gap.z > MIN_Z and (worst is None or gap.size > worst[1].size):
            worst = (column, gap)
    return None if worst is None else _finding(evidence, *worst)


def _finding(evidence: Evidence, column: str, gap: Gap) -> Finding:
    num_groups = evidence.records.frame.get_column(column).drop_nulls().n_unique()
    changes = {f"schema.columns.{column}.role": "group", "split.column": column, "split.method": "group"}
    return Finding(
        id=ID,
        sentence=f"Rows with the same '{column}' ({counted(num_groups, 'group')}) are alike. "
        + gap.sentence("rows of one group stand on both sides of the split", "the groups are new to it"),
        severity=Severity.WARN,
        evidence={"num_groups": num_groups, **gap.evidence()},
        columns=(column,),
        repairs=(Repair(f"keep rows of one {column} together", changes),),
        advice=f"If the model is to serve a new '{column}', split by this column: the lower score is the honest one.",
    )


def _candidates(evidence: Evidence) -> tuple[str, ...]:
    """Return the columns that may name a group, declared ones first."""
    plan = evidence.plan
    taken = plan.split.column if plan is not None and plan.split.method == "group" else None
    declared = evidence.used.names(Role.GROUP) if evidence.splits is None else ()
    others = (*evidence.used.names(Role.IDENTIFIER), *evidence.features)
    known = set(evidence.records.frame.columns) - {taken}
    named = [name for name in (*declared, *others) if name in known]
    chosen = [name for name in named if name in declared or _names_something(evidence, name)]
    return tuple(chosen[:MAX_CANDIDATES])


def _names_something(evidence: Evidence, name: str) -> bool:
    """Return whether a column repeats like the names of groups do."""
    column = evidence.sample.frame.get_column(name)
    kind = evidence.used.columns[name].kind
    if kind is Kind.DATE or (kind is Kind.NUMBER and not _is_whole(column)):
        return False
    largest = column.drop_nulls().unique_counts().to_numpy().max(initial=0)
    groups = evidence.num_distinct(name)
    rows = len(evidence.records) - evidence.records.frame.get_column(name).null_count()
    if groups < MIN_UNITS or rows < MIN_ROWS_OF_A_GROUP * groups or largest > MAX_LARGEST_FRACTION * len(column):
        return False
    is_named = names_key(name) or bool(names_subject(name)) or evidence.used.columns[name].role is Role.IDENTIFIER
    if is_named or kind is Kind.NUMBER:
        return is_named
    return groups >= MIN_GROUPS_UNNAMED and rows <= MAX_ROWS_OF_A_GROUP_UNNAMED * groups and not names_person(name)


def _is_whole(column: pl.Series) -> bool:
    """Return whether a column holds whole numbers or text."""
    known = column.drop_nulls()
    return not known.dtype.is_float() or bool((known == known.round(0)).all())
