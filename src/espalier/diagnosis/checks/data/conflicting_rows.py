"""Conflicting rows: equal in every other column, different in the target. No model can be right about all of them.

Source: Espalier's fault catalogue C16 (equal inputs with two labels on more than .5 % of the rows); counted are the rows on
which any model is wrong. Among coarse columns such rows are ordinary chance, so the warning needs a table whose rows are
mostly unlike each other. Two numbers that differ are no contradiction: for them it is a note. Rows that are equal only in
what the model reads are different rows, and a note too.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.records import IntArray
from espalier.diagnosis.encode import as_codes
from espalier.diagnosis.evidence import BoolArray, Evidence, Repeats
from espalier.diagnosis.wording import counted, examples, lines, percent, row_noun, source_rows

ID = "D03-conflicting-rows"
EXPLAINED_BY = ()
LOOK = (
    "Look at a few of them: are they wrong labels, or is a column missing that would tell the rows apart? Where the columns "
    "are few and coarse, such rows are ordinary chance: keep them."
)
LOOK_AT_PICTURES = "Look at both: is one of the labels wrong, or are they two pictures of things that only look alike?"
WARN_FRACTION = 0.005  # of the rows are wrong whatever the model; below it, or among coarse columns, it is a note


def check(evidence: Evidence) -> Finding | None:
    """Fire when rows that are equal in all else, or in all that the model reads, have different targets."""
    if not evidence.targets:
        return None
    exact = _conflicts(evidence, evidence.copies)
    alike = _conflicts(evidence, evidence.repeats)
    if exact is not None:
        return _contradiction(evidence, exact)
    return None if alike is None else _look_alike(evidence, alike)


@dataclass(frozen=True)
class _Conflicts:
    """Positions of the rows in conflict, how many of them any model gets wrong, and the source rows of one pair."""

    positions: IntArray
    wrong: int
    pair: tuple[int, ...]


def _conflicts(evidence: Evidence, repeats: Repeats) -> _Conflicts | None:
    targets = evidence.targets
    if not len(repeats.positions):
        return None
    answers = evidence.records.frame[repeats.positions].select(targets)
    codes = as_codes(answers.get_column(targets[0]) if len(targets) == 1 else answers.hash_rows())
    mixed = _mixed(repeats.group, codes, repeats.num_groups)
    if not mixed.any():
        return None
    positions = repeats.positions[mixed]
    is_number = len(targets) == 1 and answers.get_column(targets[0]).dtype.is_numeric()
    wrong = 0 if is_number else _unavoidable(repeats.group, codes)
    pair = source_rows(evidence.records, _pair(repeats.group[mixed], codes[mixed], positions))
    return _Conflicts(np.sort(positions), wrong, pair)


def _contradiction(evidence: Evidence, found: _Conflicts) -> Finding:
    fraction = found.wrong / len(evidence.records)
    noun = row_noun(evidence.records)
    how = "equal in every other column" if noun == "row" else "equal or nearly so"
    pair = examples(evidence.records, found.pair)
    return Finding(
        id=ID,
        sentence=f"{counted(len(found.positions), noun)} stand in groups that are {how} and differ "
        f"in '{_target(evidence)}', for example {lines(evidence.records, found.pair)}.{_errors(evidence, found, 'Any model')}",
        severity=Severity.WARN if evidence.are_copies and fraction > WARN_FRACTION else Severity.NOTE,
        evidence={
            **_numbers(evidence, found),
            **({"example": pair[0], "like": pair[1]} if pair else {}),
        },
        columns=evidence.targets,
        rows=source_rows(evidence.records, found.positions),
        repairs=(Repair("drop conflicting rows", {"clean.conflicts": "drop"}),),
        advice=LOOK if noun == "row" else LOOK_AT_PICTURES,
    )


def _look_alike(evidence: Evidence, found: _Conflicts) -> Finding:
    return Finding(
        id=ID,
        sentence=f"{counted(len(found.positions), row_noun(evidence.records))} stand in groups that look alike to the model "
        "(equal in every input, "
        f"different in columns that it does not read) and differ in '{_target(evidence)}', for example "
        f"{lines(evidence.records, found.pair)}.{_errors(evidence, found, 'Any model of these inputs')}",
        severity=Severity.NOTE,
        evidence=_numbers(evidence, found),
        columns=evidence.targets,
        rows=source_rows(evidence.records, found.positions),
        advice="They are different rows: keep them. If what tells them apart matters, make an input of it.",
    )


def _target(evidence: Evidence) -> str:
    return evidence.targets[0] if len(evidence.targets) == 1 else "target"


def _errors(evidence: Evidence, found: _Conflicts, who: str) -> str:
    share = percent(found.wrong / len(evidence.records))
    return f" {who} is wrong on at least {counted(found.wrong, row_noun(evidence.records))} ({share})." if found.wrong else ""


def _numbers(evidence: Evidence, found: _Conflicts) -> dict[str, int | float]:
    return {
        "num_rows": len(found.positions),
        "num_unavoidable_errors": found.wrong,
        "unavoidable_error_fraction": found.wrong / len(evidence.records),
    }


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
