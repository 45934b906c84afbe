"""Hidden group: a column whose values repeat names something (a patient, a household), and rows of one of them are alike.

Source: Espalier's fault catalogue C9: the explained share with rows mixed less that with whole groups held out above .03,
and z > 3 (12 of 12 planted leaks found, none on 12 healthy tables); on 13 real tables the largest honest gap with z > 3 was
.016. Only columns that name something are tried: identifiers that repeat, columns with the name or the shape of one, and
columns of many and small groups of which two other columns repeat too, as facts about one person do.
Ordinary categories (a district, a brand) group rows too, and are meant to be learnt.
"""

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.schema import Kind, Role
from espalier.data.describe.names import names_key, names_person, names_subject
from espalier.diagnosis.encode import as_codes
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.quick_model import Gap
from espalier.diagnosis.units import MIN_UNITS, gap_of_column
from espalier.diagnosis.wording import counted

ID = "S04-hidden-group"
EXPLAINED_BY = ()
MIN_GAP = 0.03  # of the explained share of the target
MIN_Z = 3.0
MIN_Z_MEASURED = 4.0  # of a group by a measured column, which was searched for and says by no name that it is one
MIN_ROWS_OF_A_GROUP = 1.5  # on average; otherwise the values hardly repeat
MIN_GROUPS_UNNAMED = 50  # of a column whose name says nothing: many and small groups
MAX_ROWS_OF_A_GROUP_UNNAMED = 20.0
MAX_LARGEST_FRACTION = 0.2  # share of the rows in the largest group; names do not repeat that much
MAX_CANDIDATES = 3
MIN_COMPANIONS = 2  # columns that repeat together with a measured one
MIN_REPEATED_TOGETHER = 0.5  # of the way from the chance that two rows are equal in them to certainty


def check(evidence: Evidence) -> Finding | None:
    """Fire when a quick model loses much on groups that it has not seen. Needs: a target, and no split by that column."""
    if len(evidence.targets) != 1 or len(evidence.probe) < 2 * MIN_UNITS:
        return None
    candidates = _candidates(evidence)
    measured = [name for name in candidates if _is_measured(evidence, name)]  # a model may read these of a new group too
    names = [name for name in evidence.features if name in measured or name not in candidates]
    gaps = {column: gap_of_column(evidence, column, names) for column in candidates}
    for group, min_z in (([one for one in candidates if one not in measured], MIN_Z), (measured, MIN_Z_MEASURED)):
        found = {one: gap for one in group if (gap := gaps[one]) is not None and gap.size > MIN_GAP and gap.z > min_z}
        if found:
            worst = max(found, key=lambda one: found[one].size)
            return _finding(evidence, worst, found[worst])
    return None


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
    """Return the columns that may name a group, declared ones first and measured ones last."""
    plan = evidence.plan
    taken = plan.split.column if plan is not None and plan.split.method == "group" else None
    declared = evidence.used.names(Role.GROUP) if evidence.splits is None else ()
    others = (*evidence.used.names(Role.IDENTIFIER), *evidence.features)
    known = set(evidence.records.frame.columns) - {taken}
    named = [name for name in (*declared, *others) if name in known]
    chosen = [name for name in named if name in declared or _names_something(evidence, name)]
    return tuple(sorted(chosen, key=lambda name: _is_measured(evidence, name))[:MAX_CANDIDATES])


def _names_something(evidence: Evidence, name: str) -> bool:
    """Return whether a column repeats like the names of groups do."""
    column = evidence.sample.frame.get_column(name)
    kind = evidence.used.columns[name].kind
    if kind is Kind.DATE:
        return False
    largest = column.drop_nulls().unique_counts().to_numpy().max(initial=0)
    groups = evidence.num_distinct(name)
    rows = len(evidence.records) - evidence.records.frame.get_column(name).null_count()
    if groups < MIN_UNITS or rows < MIN_ROWS_OF_A_GROUP * groups or largest > MAX_LARGEST_FRACTION * len(column):
        return False
    is_named = _is_named(evidence, name)
    is_small = groups >= MIN_GROUPS_UNNAMED and rows <= MAX_ROWS_OF_A_GROUP_UNNAMED * groups
    if is_named or not is_small:
        return is_named
    if kind is Kind.NUMBER:
        return _num_companions(evidence, name) >= MIN_COMPANIONS
    return not names_person(name)


def _is_measured(evidence: Evidence, name: str) -> bool:
    """Return whether a column is a number that may be a fact about a group, and does not name it."""
    return evidence.used.columns[name].kind is Kind.NUMBER and not _is_named(evidence, name)


def _is_named(evidence: Evidence, name: str) -> bool:
    """Return whether a column says by its name, its role or its kind that it may name something."""
    column = evidence.used.columns[name]
    if column.kind is Kind.NUMBER and not _is_whole(evidence.sample.frame.get_column(name)):
        return False
    return names_key(name) or bool(names_subject(name)) or column.role in (Role.IDENTIFIER, Role.GROUP)


def _num_companions(evidence: Evidence, name: str) -> int:
    """Return how many other inputs are mostly equal in rows that are equal in this one, and not so in others."""
    frame = evidence.sample.frame.drop_nulls(name).sort(name, maintain_order=True)
    together = (frame[1:].get_column(name) == frame[:-1].get_column(name)).to_numpy()
    count = 0
    for other in evidence.features:
        codes = as_codes(frame.get_column(other))
        chance = float((np.bincount(codes + 1) ** 2).sum()) / len(codes) ** 2
        equal = float((codes[1:] == codes[:-1])[together].mean()) if together.any() else 0.0
        count += other != name and equal - chance >= MIN_REPEATED_TOGETHER * (1 - chance) > 0
    return count


def _is_whole(column: pl.Series) -> bool:
    """Return whether a column holds whole numbers or text."""
    known = column.drop_nulls()
    return not known.dtype.is_float() or bool((known == known.round(0)).all())
