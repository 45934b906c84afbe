"""Mixed frequency: a series changes how far its steps lie apart, or several series differ in it.

Exact: runs of five and more equal distances that are 5 % of all make a frequency of their own (`data.series.stamps`).
"""

from espalier.core.finding import Finding, Severity
from espalier.data.series.survey import SeriesSurvey
from espalier.diagnosis.evidence import Evidence
from espalier.diagnosis.wording import joined, percent

ID = "D29-mixed-frequency"
EXPLAINED_BY = ()
READS_STEPS = True
MAX_FREQUENCIES = 1  # a window of as many steps spans another time in each


def check(evidence: Evidence) -> Finding | None:
    """Fire when steps are not all equally long. Needs: a series with times."""
    survey = evidence.series
    if not isinstance(survey, SeriesSurvey):
        return None
    if len(survey.stretches) > MAX_FREQUENCIES:
        parts = {one.name: one.share for one in survey.stretches}
        said = joined([f"{one.name} from row {one.row:,} on ({percent(one.share)})" for one in survey.stretches])
        sentence = f"The steps of one series are not equally long: {said}."
    elif len(survey.frequencies) > MAX_FREQUENCIES:
        parts = {name: count / survey.num_series for name, count in survey.frequencies.items()}
        said = joined([f"{name} ({count:,})" for name, count in survey.frequencies.items()])
        sentence = f"The steps of {survey.num_series:,} series differ in length: {said}."
    else:
        return None
    return Finding(
        id=ID,
        sentence=sentence,
        severity=Severity.WARN,
        evidence={"frequencies": parts, "num_frequencies": len(parts)},
        columns=(survey.time,),
        rows=tuple(one.row for one in survey.stretches),
        advice="Bring the steps to one length (the mean of each longer one), or learn from the part with one frequency: a "
        "window of as many steps means another time in each.",
    )
