"""Duplicate rows: rows that repeat an earlier row in every column.

Source: Espalier's fault catalogue C7. Where the parts are drawn, copies stay in one part, so they do not flatter the score;
they count several times in training.
"""

import numpy as np
import polars as pl

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.schema import Role
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, lines, percent, source_rows

MAX_REPEATED = 0  # every exact copy is worth knowing; it is a note


def check(evidence: Evidence) -> Finding | None:
    """Fire when a row is equal to an earlier one in every input, target, group and time column (as `clean` compares them)."""
    repeats = evidence.repeats
    known = set(evidence.records.frame.columns)
    facts = [name for name in evidence.used.names(Role.INPUT, Role.TARGET, Role.GROUP, Role.TIME) if name in known]
    if not len(repeats.positions):
        return None
    hashes = evidence.records.frame[repeats.positions].select(facts).hash_rows()
    copies = np.flatnonzero(~hashes.is_first_distinct().to_numpy())
    if len(copies) <= MAX_REPEATED:
        return None
    original = int(np.flatnonzero((hashes == hashes[int(copies[0])]).to_numpy())[0])
    pair = source_rows(evidence.records, repeats.positions[[original, int(copies[0])]])
    fraction = len(copies) / len(evidence.records)
    positions = pl.Series(repeats.positions[copies]).sort().to_numpy()
    return Finding(
        id="D02-duplicate-rows",
        sentence=f"{counted(len(copies), 'row')} of {len(evidence.records):,} ({percent(fraction)}) "
        f"{either(len(copies), 'repeats', 'repeat')} an earlier row in every column; {lines(evidence.records, pair)} are "
        "equal, for example.",
        severity=Severity.NOTE,
        evidence={"num_repeated": len(copies), "fraction": fraction, "example": list(pair)},
        rows=source_rows(evidence.records, positions),
        repairs=(Repair("drop repeated rows", {"clean.duplicates": "drop"}),),
        advice="Keep them when each row was observed on its own (few and coarse columns repeat by chance); drop them when they "
        "were copied. Copies stay in one part of a drawn split either way.",
    )
