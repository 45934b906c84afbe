"""Look: from a parsed table to its timeline and what is known of it, in one step."""

from dataclasses import dataclass

from espalier.core.errors import ColumnError
from espalier.core.records import Records
from espalier.core.schema import Role, Schema
from espalier.core.timeline import Timeline
from espalier.data.kinds.panel import LINE
from espalier.data.series.long import as_groups, find_naming
from espalier.data.series.survey import SeriesSurvey, survey_series
from espalier.data.series.timeline import make_timeline, variables_of
from espalier.data.series.words import sentences_of, zone_of


@dataclass(frozen=True)
class Looked:
    """A table as series.

    Args:
        timeline: of all its variables.
        schema: in which the columns that name the series are groups.
        survey: what the series are like.
        sentences: the same in words.
    """

    timeline: Timeline
    schema: Schema
    survey: SeriesSurvey
    sentences: tuple[str, ...]


def look_at_table(records: Records, schema: Schema) -> Looked:
    """Return the series of a wide or a long table.

    Args:
        records: parsed.
        schema: the role of each column.

    Raises:
        ColumnError: nothing orders the rows, some have no time, or no column holds numbers that run in time.
    """
    naming = find_naming(records, schema)
    schema = as_groups(schema, naming)
    names = variables_of(records, schema)
    if not names:
        raise ColumnError(f"{records.source or 'The table'} has no column of numbers that run in time. Expected one at least.")
    timeline = make_timeline(records, schema, names)
    time = schema.names(Role.TIME)[0]
    zone = zone_of(schema.columns[time], records.notes)
    found = survey_series(timeline, time=time, groups=naming.columns, zone=zone)
    named = (f"{naming.why}: it names {naming.num_series:,} series.",) if naming.columns else ()
    source = "" if LINE in records.hints.columns else records.source  # the steps of a panel are no lines of it
    return Looked(timeline, schema, found, (*named, *sentences_of(found, source)))
