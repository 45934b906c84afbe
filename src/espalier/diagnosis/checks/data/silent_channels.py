"""Silent channels: a variable of a series, or a channel of windows, without a value or with one value throughout.

Exact. Of several series each is looked at for itself: a variable may change in the table, and yet stand still in a series.
"""

from espalier.core.finding import Finding, Severity
from espalier.data.series.survey import SeriesSurvey
from espalier.data.series.windows_survey import WindowsSurvey
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import counted, joined

ID = "D30-silent-channels"
EXPLAINED_BY = ()
READS_STEPS = True
MAX_SILENT = 0  # exact


def check(evidence: Evidence) -> Finding | None:
    """Fire when nothing can be learnt from a channel, or from a series. Needs: windows or series."""
    survey = evidence.series
    if isinstance(survey, SeriesSurvey):
        return _of_series(survey)
    if isinstance(survey, WindowsSurvey) and len(survey.lost) + len(survey.constant) > MAX_SILENT:
        return _of_windows(survey)
    return None


def _of_series(survey: SeriesSurvey) -> Finding | None:
    found = [one for one in survey.variables if one.empty + one.constant > MAX_SILENT]
    if not found:
        return None
    said = joined(
        [f"'{one.name}' holds no value in {one.empty:,} series and never changes in {one.constant:,}" for one in found]
    )
    total = sum(one.empty + one.constant for one in found)
    return Finding(
        id=ID,
        sentence=f"Of {survey.num_series:,} series: {said}.",
        severity=Severity.WARN if any(one.empty + one.constant == survey.num_series for one in found) else Severity.NOTE,
        evidence={
            "num_silent": total,
            "num_series": survey.num_series,
            "series": [name for one in found for name in one.named if name],
        },
        columns=tuple(one.name for one in found),
        advice="Leave these variables out, or these series: nothing can be learnt from them, and measures that divide by a "
        "series' own changes are not defined.",
    )


def _of_windows(survey: WindowsSurvey) -> Finding:
    told = [
        f"{counted(len(numbers), 'channel')} ({', '.join(map(str, numbers))}) {'holds' if len(numbers) == 1 else 'hold'} {what}"
        for numbers, what in ((survey.lost, "no value"), (survey.constant, "one value throughout"))
        if numbers
    ]
    return Finding(
        id=ID,
        sentence=f"Of {counted(survey.channels, 'channel')} {joined(told)}.",
        severity=Severity.WARN,
        evidence={
            "num_silent": len(survey.lost) + len(survey.constant),
            "num_channels": survey.channels,
            "lost": list(survey.lost),
            "constant": list(survey.constant),
        },
        columns=(survey.column,),
        advice="Look whether a sensor was unplugged or a column was cut off; else take the channels out of the source.",
    )
