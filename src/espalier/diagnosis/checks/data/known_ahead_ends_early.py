"""Known ahead, but ending early: a column that is said to be known ahead has no value at the last steps of its series.

Exact: the last known value of the column is compared with that of the column that is forecast.
"""

import numpy as np

from espalier.core.finding import Finding, Repair, Severity
from espalier.core.records import IntArray
from espalier.core.timeline import Timeline
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import joined

ID = "D32-known-ahead-ends-early"
EXPLAINED_BY = ()
READS_STEPS = True
MAX_LACKING = 0  # steps: exact


def check(evidence: Evidence) -> Finding | None:
    """Fire when a column that is known ahead ends before what is forecast. Needs: a forecast with such columns."""
    timeline = evidence.records.timeline
    form = None if evidence.plan is None else evidence.plan.prepare.forecast
    if timeline is None or form is None:
        return None
    ends = _lasts(timeline, 0)
    lacking = {name: ends - _lasts(timeline, timeline.names.index(name)) for name in form.known if name in timeline.names}
    short = {name: int(found.max()) for name, found in lacking.items() if found.max(initial=0) > MAX_LACKING}
    if not short:
        return None
    said = joined([f"'{name}' {steps:,} steps" for name, steps in short.items()])
    left = [name for name in form.known if name not in short]
    return Finding(
        id=ID,
        sentence=f"What is said to be known ahead ends before what is forecast: {said} earlier.",
        severity=Severity.WARN,
        evidence={"lacking": short},
        columns=tuple(short),
        repairs=(Repair("do not count on knowing it ahead", {"prepare.forecast.known": left}),),
        advice="Write its values up to the last step that is forecast, or do not count on knowing it.",
    )


def _lasts(timeline: Timeline, place: int) -> IntArray:
    """Return (S,) the position behind the last known value of a variable in each series; its start where there is none."""
    known = np.isfinite(timeline.values[:, place])
    behind = np.where(known, np.arange(1, len(known) + 1), 0)
    return np.maximum(np.maximum.reduceat(behind, timeline.starts[:-1]), timeline.starts[:-1]).astype(np.int64)
