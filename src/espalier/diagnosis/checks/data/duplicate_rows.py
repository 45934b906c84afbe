"""Duplicate rows: rows that repeat an earlier row in every column, a row counter aside.

Source: Espalier's fault catalogue C7. Where the parts are drawn, copies stay in one part, so they do not flatter the score;
they count several times in training. Rows that differ only where the model does not look (a name, a text, a ticket) are no
copies: they are told, and not to be dropped.
"""

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.records import IntArray
from espalier.data.clean import read_columns
from espalier.diagnosis.evidence import Evidence, Repeats
from espalier.diagnosis.wording import counted, either, examples, lines, named, percent, row_noun, source_rows

ID = "D02-duplicate-rows"
EXPLAINED_BY = ()
KEEP_OR_DROP = (
    "Keep them when each row was observed on its own (few and coarse columns repeat by chance); drop them when they were "
    "copied. Copies stay in one part of a drawn split either way."
)
KEEP_OR_DROP_PICTURES = (
    "Keep those that were taken on their own (plain drawings and plain things are alike by chance); drop them when they were "
    "copied. Copies stay in one part of a drawn split either way."
)
MAX_REPEATED = 0  # every exact copy is worth knowing; it is a note


def check(evidence: Evidence) -> Finding | None:
    """Fire when a row is equal to an earlier one in every column (as `clean` compares them), or in all that the model reads."""
    copies = _later(evidence, evidence.copies)
    alike = np.setdiff1d(_later(evidence, evidence.repeats), copies)
    if len(copies) > MAX_REPEATED:
        return _copies(evidence, copies, alike)
    return _alike(evidence, alike) if len(alike) > MAX_REPEATED and _unread(evidence) else None


def _later(evidence: Evidence, repeats: Repeats) -> IntArray:
    """Return the positions of rows that are equal to an earlier row of their group in the target too."""
    answers = evidence.records.frame[repeats.positions].select(evidence.targets)
    code = answers.hash_rows() if evidence.targets else pl.Series(np.zeros(len(repeats.positions)))
    pairs = pl.DataFrame({"group": repeats.group, "code": code})
    return np.sort(repeats.positions[~pairs.hash_rows().is_first_distinct().to_numpy()])


def _pair(evidence: Evidence, repeats: Repeats, later: int) -> tuple[int, ...]:
    """Return the source rows of the first row that is equal to this one in the target too, and of this one."""
    group = repeats.positions[repeats.group == repeats.group[repeats.positions == later][0]]
    answers = evidence.records.frame[group].select(evidence.targets).rows() if evidence.targets else [()] * len(group)
    same = [one for one, answer in zip(group, answers, strict=True) if answer == answers[list(group).index(later)]]
    return source_rows(evidence.records, [same[0] if evidence.targets else group[0], later])


def _unread(evidence: Evidence) -> list[str]:
    """Return the columns that tell rows apart, and that the model does not read."""
    known = {*read_columns(evidence.records, evidence.used), *evidence.targets}
    return [name for name in evidence.compared if name not in known]


def _copies(evidence: Evidence, copies: IntArray, alike: IntArray) -> Finding:
    pair = _pair(evidence, evidence.copies, int(copies[0]))
    fraction = len(copies) / len(evidence.records)
    counters = f" but {named(evidence.counters)}, which only counts the rows" if evidence.counters else ""
    noun = row_noun(evidence.records)
    more = f" {counted(len(alike), f'other {noun}')} {_look(len(alike))} {_apart(evidence)}." if len(alike) else ""
    how = f"an earlier row in every column{counters}" if noun == "row" else "an earlier picture, equal or nearly so"
    return Finding(
        id=ID,
        sentence=f"{counted(len(copies), noun)} of {len(evidence.records):,} ({percent(fraction)}) "
        f"{either(len(copies), 'repeats', 'repeat')} {how}; {lines(evidence.records, pair)} are "
        f"{'equal' if noun == 'row' else 'alike'}, for example.{more}",
        severity=Severity.NOTE,
        evidence={
            "num_repeated": len(copies),
            "num_alike": len(alike),
            "fraction": fraction,
            "example": examples(evidence.records, pair) or list(pair),
            "num_rows": len(copies),
        },
        rows=source_rows(evidence.records, copies),
        repairs=(Repair("drop repeated rows", {"clean.duplicates": "drop"}),),
        advice=KEEP_OR_DROP if noun == "row" else KEEP_OR_DROP_PICTURES,
    )


def _alike(evidence: Evidence, alike: IntArray) -> Finding:
    pair = _pair(evidence, evidence.repeats, int(alike[0]))
    fraction = len(alike) / len(evidence.records)
    return Finding(
        id=ID,
        sentence=f"No row repeats another in every column, but {counted(len(alike), row_noun(evidence.records))} of "
        f"{len(evidence.records):,} "
        f"({percent(fraction)}) {_look(len(alike))} {_apart(evidence)}: {lines(evidence.records, pair)}, for example.",
        severity=Severity.NOTE,
        evidence={"num_repeated": 0, "num_alike": len(alike), "fraction": fraction, "num_rows": len(alike)},
        rows=source_rows(evidence.records, alike),
        advice="They are different rows: keep them. If what tells them apart matters, make an input of it.",
    )


def _look(number: int) -> str:
    return f"{either(number, 'looks', 'look')} to the model like an earlier one: equal in every input and in the answer,"


def _apart(evidence: Evidence) -> str:
    return f"different in what it does not read ({named(_unread(evidence))})"
