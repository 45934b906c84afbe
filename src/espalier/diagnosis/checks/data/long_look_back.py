"""Long look-back: what a forecast looks back upon is a large part of the series, so few forecasts can be learnt from.

A quarter of the shortest series, at which the rules stop: each window of a series overlaps the next one, and those that share
no step are fewer than 4.
"""

from espalier.core.finding import Finding, Repair, Severity
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, percent

ID = "D31-long-look-back"
EXPLAINED_BY = ()
READS_STEPS = True
MAX_FRACTION = 0.25  # of the shortest series


def check(evidence: Evidence) -> Finding | None:
    """Fire when the look-back is longer than a quarter of the shortest series. Needs: a forecast."""
    timeline = evidence.records.timeline
    form = None if evidence.plan is None else evidence.plan.prepare.forecast
    if timeline is None or form is None:
        return None
    shortest = int(timeline.lengths.min())
    fraction = form.look_back / max(shortest, 1)
    if fraction <= MAX_FRACTION:
        return None
    shorter = max(int(MAX_FRACTION * shortest), 1)
    repair = Repair("look back a quarter of the shortest series", {"prepare.forecast.look_back": shorter})
    return Finding(
        id=ID,
        sentence=f"Each forecast looks back {counted(form.look_back, 'step')}, {percent(fraction)} of the shortest series "
        f"({shortest:,} steps): fewer than {int(1 / fraction) + 1} such windows share no step.",
        severity=Severity.NOTE,
        evidence={"look_back": form.look_back, "shortest": shortest, "fraction": fraction},
        repairs=(repair,) if shorter >= form.season else (),
        advice="Look back one season where that is shorter, or compare with a model that has fewer numbers to learn.",
    )
