"""Numbers that are infinite or not a number: one of them turns every weight of a network into NaN at the first step.

Source: Espalier's fault catalogue C1, an exact rule. Parsed files hold none (the cell becomes missing and is named); a
table that was put together by hand may.
"""

import math

import numpy as np

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, leave_out, lines, named, source_rows

ID = "D01-non-finite"
EXPLAINED_BY = ()
READS_STEPS = True
MAX_NON_FINITE = 0  # exact: a single cell is enough


def check(evidence: Evidence) -> Finding | None:
    """Fire when an input or a target holds an infinite number or NaN."""
    frame = evidence.records.frame
    types = frame.schema
    names = [name for name in (*evidence.inputs(), *evidence.targets) if types[name].is_float()]
    suspects = [name for name in names if not math.isfinite(frame.get_column(name).sum())]
    bad = {name: ~frame.get_column(name).is_finite().fill_null(True) for name in suspects}
    counts = {name: int(mask.sum()) for name, mask in bad.items()}
    columns = tuple(name for name, count in counts.items() if count > MAX_NON_FINITE)
    if not columns:
        return None
    positions = np.flatnonzero(np.logical_or.reduce([bad[name].to_numpy() for name in columns]))
    rows = source_rows(evidence.records, positions)
    total = sum(counts.values())
    inputs = [name for name in columns if name not in evidence.targets]
    return Finding(
        id=ID,
        sentence=f"{counted(total, 'cell')} of {named(columns)} {either(total, 'is', 'are')} infinite or not a number, "
        f"in {lines(evidence.records, rows, len(positions))}; "
        "the first step of training would turn every weight into 'not a number'.",
        severity=Severity.STOP,
        evidence={"num_cells": {name: counts[name] for name in columns}, "num_rows": len(positions)},
        columns=columns,
        rows=rows,
        repairs=(leave_out(inputs),) if inputs else (),
        advice="Find out where they come from (often a division by zero or a logarithm of zero), and leave the cells empty.",
    )
