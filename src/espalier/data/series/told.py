"""Told: what a survey of series or of windows found, in sentences; and the survey itself, from plain values."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from espalier.core.errors import ColumnError
from espalier.core.records import Records
from espalier.core.schema import Role, Schema
from espalier.data.series import survey as of_series
from espalier.data.series import windows_survey as of_windows
from espalier.data.series.frequency import find_frequency
from espalier.data.series.long import as_groups, find_naming
from espalier.data.series.survey import SeriesSurvey
from espalier.data.series.timeline import make_timeline, variables_of
from espalier.data.series.windows_survey import WindowsSurvey, window_sentences
from espalier.data.series.words import sentences_of

AnySurvey: TypeAlias = SeriesSurvey | WindowsSurvey
MIN_STEPS, MAX_ROWS = 50, 200_000  # of a table, for a forecast to be offered: in larger ones groups take long to find
WINDOWS_KEY = "num_windows"  # a field that surveys of windows alone have


def told(survey: AnySurvey, source: str = "") -> tuple[str, ...]:
    """Return what was found out, the most general first.

    Args:
        survey: of series or of windows.
        source: the name the person gave, which tells whether a row is a line.
    """
    return sentences_of(survey, source) if isinstance(survey, SeriesSurvey) else window_sentences(survey, source)


def from_mapping(value: Mapping[str, Any]) -> AnySurvey:
    """Return the survey that plain values describe, also after a way through JSON."""
    return of_windows.from_mapping(value) if WINDOWS_KEY in value else of_series.from_mapping(value)


def offer(records: Records, schema: Schema) -> str:
    """Return a sentence that a table can be forecast; nothing where no column orders its rows in even steps.

    Args:
        records: parsed.
        schema: the role of each column.
    """
    if not MIN_STEPS <= len(records) <= MAX_ROWS or not schema.names(Role.TIME):
        return ""
    naming = find_naming(records, schema)
    grouped = as_groups(schema, naming)
    names = variables_of(records, schema)
    if not names:
        return ""
    try:
        timeline = make_timeline(records, grouped, names[:1])
    except ColumnError:  # nothing orders the rows, or not all of them
        return ""
    times = None if timeline.times is None else timeline.times[: timeline.starts[1]]
    frequency = None if times is None else find_frequency(times)
    if times is None or frequency is None or not frequency.is_regular or len(set(times.tolist())) < len(times):
        return ""
    time, several = schema.names(Role.TIME)[0], f" of {naming.num_series:,} series" if naming.columns else ""
    return (
        f"By '{time}' the rows are {frequency.name} steps{several}: what comes next can be forecast, for example "
        f"--target {names[0]} --horizon 12."
    )
