"""Stamps in disorder: steps of one series that share their stamp, or stand after later ones.

Exact. A series that runs wholly from the latest to the earliest step is in order, the other way round.
"""

from espalier.core.finding import Finding, Severity
from espalier.data.series.survey import SeriesSurvey
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, joined, lines

ID = "D28-stamps-in-disorder"
EXPLAINED_BY = ()
READS_STEPS = True
WARN_FRACTION = 0.01  # of the steps that are doubled; beyond it a column that tells the series apart may be lacking


def check(evidence: Evidence) -> Finding | None:
    """Fire when stamps are doubled or out of order. Needs: a series with times."""
    survey = evidence.series
    if not isinstance(survey, SeriesSurvey) or not (survey.doubled.count or survey.disordered.count):
        return None
    doubled, disordered = survey.doubled, survey.disordered
    told = [
        f"{counted(found.count, 'row')} {'has' if found.count == 1 else 'have'} {what} "
        f"({lines(evidence.records, found.rows, found.count)})"
        for found, what in ((doubled, "the stamp of an earlier row"), (disordered, "a stamp before that of the row above"))
        if found.count
    ]
    rows = tuple(sorted({*doubled.rows, *disordered.rows}))[:100]
    return Finding(
        id=ID,
        sentence=f"{joined(told)}, of {survey.num_steps:,} in all.",
        severity=Severity.WARN if doubled.count > WARN_FRACTION * survey.num_steps else Severity.NOTE,
        evidence={
            "num_doubled": doubled.count,
            "num_disordered": disordered.count,
            "num_steps": survey.num_steps,
            "num_rows": doubled.count + disordered.count,
        },
        columns=(survey.time,),
        rows=rows,
        advice="Rows are put in order of time, and rows of one stamp become their mean. Where they are different things, give "
        "the column that tells them apart the role 'group'.",
    )
