"""Unreadable cells: cells that are no value of their column's kind, such as a word in a column of numbers.

Exact: it counts what `parse` could not read. More than 5 % of a column (deepchecks' limit for nulls) points to a wrong kind
or to a shifted column.
"""

from collections import defaultdict

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import MAX_NAMED_ROWS, counted, either, leave_out, lines, named, percent

ID = "D06-unreadable-cells"
EXPLAINED_BY = ()
READS_STEPS = True
WARN_FRACTION = 0.05


def check(evidence: Evidence) -> Finding | None:
    """Fire when cells of an input or a target could not be read."""
    used = {*evidence.inputs(), *evidence.targets}
    issues = [issue for issue in evidence.issues if issue.count and issue.column in used]
    if not issues:
        return None
    counts: dict[str, int] = defaultdict(int)
    for issue in issues:
        counts[issue.column] += issue.count
    columns = sorted(counts, key=lambda name: -counts[name])
    share = counts[columns[0]] / max(evidence.profile.num_rows, 1)
    every = sorted({row for issue in issues for row in issue.rows})
    rows = tuple(every)[:MAX_NAMED_ROWS]
    total = sum(counts.values())
    is_whole = all(issue.count == len(issue.rows) for issue in issues)
    num_rows = len(every) if is_whole else total if len(issues) == 1 else None  # None: no one knows which cells share a row
    seen = lines(evidence.records, rows, num_rows) if num_rows else f"for example {lines(evidence.records, rows[:1])}"
    inputs = [name for name in columns if name not in evidence.targets]
    return Finding(
        id=ID,
        sentence=f"{counted(total, 'cell')} could not be read and {either(total, 'counts', 'count')} as missing: "
        f"{named(columns, [counted(counts[name], 'cell') for name in columns])}" + (f"; see {seen}." if rows else "."),
        severity=Severity.WARN if share > WARN_FRACTION else Severity.NOTE,
        evidence={
            "num_cells": dict(counts),
            **({} if num_rows is None else {"num_rows": num_rows}),
            "largest_share": share,
            "said": [issue.sentence for issue in issues][:20],
        },
        columns=tuple(columns),
        rows=rows,
        repairs=(leave_out(inputs),) if inputs and share > WARN_FRACTION else (),
        advice=f"{issues[0].sentence} Correct the cells, or give the column another kind"
        + (f" ({percent(share)} of '{columns[0]}' is lost)." if share > WARN_FRACTION else "."),
    )
