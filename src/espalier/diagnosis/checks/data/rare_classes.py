"""Rare classes: classes with so few rows that a part of the split is expected to hold none, so that no score speaks for them.

Source: arithmetic. A class with fewer than 1 / f rows has less than one row in a part of the fraction f: 10 rows at 8:1:1.
"""

from espalier.core.finding import Finding, Severity
from espalier.core.plan import SplitPlan
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, either, named, source_rows

ID = "D08-rare-classes"
EXPLAINED_BY = ()
MIN_EXPECTED_ROWS = 1.0  # in the smaller of the valid and the test part


def check(evidence: Evidence) -> Finding | None:
    """Fire when a class has fewer than one expected row in the valid or the test part."""
    if len(evidence.class_counts) < 2:
        return None
    split = evidence.plan.split if evidence.plan is not None else SplitPlan()
    smallest = min(split.valid, split.test)
    rare = {name: count for name, count in evidence.class_counts.items() if count * smallest < MIN_EXPECTED_ROWS - 1e-9}
    if not rare:
        return None
    target = evidence.targets[0]
    names = sorted(rare, key=lambda name: rare[name])
    positions = evidence.records.frame.get_column(target).is_in(names).fill_null(False).arg_true().to_numpy()
    return Finding(
        id=ID,
        sentence=f"{'1 class' if len(rare) == 1 else f'{len(rare):,} classes'} of '{target}' "
        f"{either(len(rare), 'has', 'have')} hardly any rows: {named(names, [counted(rare[name], 'row') for name in names])}. "
        f"A part with {smallest:.0%} of the rows is expected to hold less than one of them.",
        severity=Severity.WARN,
        evidence={
            "rows_of_class": rare,
            "expected_in_smallest_part": {name: rare[name] * smallest for name in names},
            "num_rows": len(positions),
        },
        columns=(target,),
        rows=source_rows(evidence.records, positions),
        advice="Collect more rows of these classes, or join them with a neighbouring class; no score can be trusted for them.",
    )
