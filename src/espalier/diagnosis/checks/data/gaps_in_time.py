"""Gaps in time: stamps are missing between the first and the last step of a series.

Exact: stamps are compared with the usual frequency of each series. Days without business are no gaps. In the grid of a
forecast the missing steps are put in, and hold no value.
"""

from espalier.core.finding import Finding, Severity
from espalier.data.series.survey import SeriesSurvey
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, lines, percent

ID = "D27-gaps-in-time"
EXPLAINED_BY = ()
READS_STEPS = True
WARN_FRACTION = 0.05  # of all steps; beyond it the gaps are a good part of what is learnt


def check(evidence: Evidence) -> Finding | None:
    """Fire when stamps are missing. Needs: a series whose stamps follow a frequency."""
    survey = evidence.series
    if not isinstance(survey, SeriesSurvey) or not survey.gaps.missing or survey.usual.is_business or survey.stretches:
        return None
    gaps = survey.gaps
    fraction = gaps.missing / (survey.num_steps + gaps.missing)
    return Finding(
        id=ID,
        sentence=f"{counted(gaps.missing, 'step')} of a series with {survey.usual.name} steps ({percent(fraction)}) "
        f"{'is' if gaps.missing == 1 else 'are'} not there, in {counted(gaps.count, 'gap')}; the longest lasts "
        f"{counted(gaps.longest, 'step')}. Gaps end before {lines(evidence.records, gaps.rows, gaps.count)}.",
        severity=Severity.WARN if fraction > WARN_FRACTION else Severity.NOTE,
        evidence={
            "num_missing": gaps.missing,
            "num_gaps": gaps.count,
            "longest": gaps.longest,
            "fraction": fraction,
            "frequency": survey.usual.name,
            "num_rows": gaps.count,
        },
        columns=(survey.time,),
        rows=gaps.rows,
        advice="Find out why they are missing. The missing steps are put in without values, so that seasons stay in step; no "
        "forecast is judged by them.",
    )
