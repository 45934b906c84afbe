"""Conflicting rows: equal in every input, different in the target. No model can be right about all of them.

Source: Espalier's fault catalogue C16 (equal inputs with two labels on more than .5 % of the rows); counted are the rows on
which any model is wrong. Among coarse columns such rows are ordinary chance, so the warning needs a table whose rows are
mostly unlike each other. Two numbers that differ are no contradiction: for them it is a note.
"""

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.records import IntArray
from espalier.diagnosis.encode import as_codes
from espalier.diagnosis.evidence import BoolArray, Evidence
from espalier.diagnosis.wording import counted, lines, percent, source_rows

WARN_FRACTION = 0.005  # of the rows are wrong whatever the model; below it, or among coarse columns, it is a note


def check(evidence: Evidence) -> Finding | None:
    """Fire when rows with equal inputs have different targets."""
    repeats, targets = evidence.repeats, evidence.targets
    if not targets or not len(repeats.positions):
        return None
    answers = evidence.records.frame[repeats.positions].select(targets)
    codes = as_codes(answers.get_column(targets[0]) if len(targets) == 1 else answers.hash_rows())
    mixed = _mixed(repeats.group, codes, repeats.num_groups)
    if not mixed.any():
        return None
    positions = repeats.positions[mixed]
    is_number = len(targets) == 1 and answers.get_column(targets[0]).dtype.is_numeric()
    wrong = 0 if is_number else _unavoidable(repeats.group, codes)
    fraction = wrong / len(evidence.records)
    pair = source_rows(evidence.records, _pair(repeats.group[mixed], codes[mixed], positions))
    errors = f" Any model is wrong on at least {counted(wrong, 'row')} ({percent(fraction)})." if wrong else ""
    target = targets[0] if len(targets) == 1 else "target"
    return Finding(
        id="D03-conflicting-rows",
        sentence=f"{counted(len(positions), 'row')} stand in groups that are equal in every input and differ "
        f"in '{target}', for example {lines(evidence.records, pair)}.{errors}",
        severity=Severity.WARN if evidence.are_copies and fraction > WARN_FRACTION else Severity.NOTE,
        evidence={"num_rows": len(positions), "num_unavoidable_errors": wrong, "unavoidable_error_fraction": fraction},
        columns=targets,
        rows=source_rows(evidence.records, np.sort(positions)),
        repairs=(Repair("drop conflicting rows", {"clean.conflicts": "drop"}),),
        advice="Look at a few of them: are they wrong labels, or is a column missing that would tell the rows apart? "
        "Where the columns are few and coarse, such rows are ordinary chance: keep them.",
    )


def _mixed(group: IntArray, codes: IntArray, num_groups: int) -> BoolArray:
    """Return (R,) whether a row's group has more than one target."""
    low = np.full(num_groups, np.iinfo(np.int64).max)
    high = np.full(num_groups, -2)
    np.minimum.at(low, group, codes)
    np.maximum.at(high, group, codes)
    return (low != high)[group]


def _unavoidable(group: IntArray, codes: IntArray) -> int:
    """Return how many rows are wrong when every group is given its most frequent target."""
    pairs = pl.DataFrame({"group": group, "code": codes}).group_by("group", "code").len()
    return int(len(group) - pairs.group_by("group").agg(pl.col("len").max()).get_column("len").sum())


def _pair(group: IntArray, codes: IntArray, positions: IntArray) -> IntArray:
    """Return two positions of the first group that differ in the target."""
    first = group == group[0]
    other = np.flatnonzero(first & (codes != codes[0]))[0]
    return positions[[0, other]]
