"""A table read, described and parsed: all that is known before anything is decided about learning."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from espalier.core.errors import ColumnError, InputError, unknown_name
from espalier.core.plan import Plan
from espalier.core.records import Records
from espalier.core.schema import Kind, Role, Schema
from espalier.data.describe.box_columns import with_reasons_for_sides, with_sides
from espalier.data.describe.describe import describe
from espalier.data.describe.profile import Profile, profile_column
from espalier.data.describe.question import Question, QuestionName, numbers_as_classes, question_of
from espalier.data.describe.read_column import read_column
from espalier.data.parse import Parsed, ParseIssue, parse
from espalier.data.pictures.survey import Survey, survey
from espalier.data.read import KindOfData, fingerprint, read
from espalier.data.series.grid import on_grid
from espalier.data.series.look import look_at_table
from espalier.data.series.survey import SeriesSurvey
from espalier.data.series.timeline import make_timeline
from espalier.data.series.told import AnySurvey
from espalier.data.series.windows_survey import survey_windows
from espalier.stages.anomaly import ANOMALY, LABELS, anomaly_question, with_labels

COLUMN_PREFIX = "schema.columns."
TASK, KIND = "task.name", "data.kind"
LOCALIZATION = "localization"
TASKS_OF_CLASSES = ("binary", "multiclass", LOCALIZATION)
SERIES = "series"
HORIZON = "prepare.forecast.horizon"
FORECASTING: QuestionName = "forecasting"


@dataclass(frozen=True)
class Table:
    """What is known about a source.

    Args:
        records: parsed: every column in the type of its kind.
        schema: kinds and roles.
        profile: what the columns hold.
        issues: cells that could not be read as their column's kind.
        question: what the target asks; None without a target.
        fingerprint: SHA-256 of the source.
        seconds: time it took.
        pictures: what the pictures are like; None where there are none.
        series: what the windows are like, or the series whose steps the rows are; None where there are none.
    """

    records: Records
    schema: Schema
    profile: Profile
    issues: tuple[ParseIssue, ...]
    question: Question | None
    fingerprint: str
    seconds: float = field(compare=False)
    pictures: Survey | None = None
    series: AnySurvey | None = None

    def asked(self) -> Question:
        """Return what the target asks.

        Raises:
            ColumnError: no column is the target.
        """
        if self.question is None:
            raise ColumnError(f"{self.records.source} has no target column. Name one with --target, or with target=...")
        return self.question


def load_table(
    source: object, query: str | None = None, target: Sequence[str] = (), changes: Mapping[str, Any] | None = None
) -> Table:
    """Read, describe and parse a source.

    Args:
        source: a path, a URL, `sample:NAME`, or a data frame.
        query: SQL, when the source is a database.
        target: names of the target columns; may be empty.
        changes: what the person asked for; those under `schema.columns.` overrule what is found, and the name of a task that
            needs classes makes classes of a target of numbers.

    Raises:
        SourceError: the source cannot be read.
        UnknownNameError: a column that is not there.
        ColumnError: a target that cannot be used.
    """
    began = time.monotonic()
    records = read(source, query=query, kind=kind_asked(changes or {}))
    mark = fingerprint(source, records)
    records, pictures = survey(records)
    records, windows = survey_windows(records)
    if not target and records.hints.target is not None:
        target = (records.hints.target,)
    schema, profile = _described(records, tuple(target), changes or {})
    parsed = parse_all(records, schema)
    records, task = parsed.records, FORECASTING if is_forecast(changes or {}) else (changes or {}).get(TASK)
    in_time = is_in_time(changes or {}, schema)
    question = _question(records, schema, task)
    series: AnySurvey | None = windows
    if windows is None and (in_time or kind_asked(changes or {}) == SERIES):
        schema, series = _looked_at(records, schema)
    records = as_series(records, schema) if in_time else records
    return Table(records, schema, profile, parsed.issues, question, mark, time.monotonic() - began, pictures, series)


def is_in_time(changes: Mapping[str, Any], schema: Schema) -> bool:
    """Return whether rows are steps of a series: a forecast was asked for, or anomalies where no row is a window."""
    return is_forecast(changes) or (changes.get(TASK) == ANOMALY and not schema.inputs(Kind.SERIES))


def runs_in_time(plan: Plan) -> bool:
    """Return whether a plan takes its rows as the steps of a series."""
    return plan.prepare.forecast is not None or plan.prepare.stretches is not None


def is_forecast(changes: Mapping[str, Any]) -> bool:
    """Return whether a person asked for a forecast: by the task, or by how far it goes."""
    return changes.get(TASK) == FORECASTING or HORIZON in changes


def _looked_at(records: Records, schema: Schema) -> tuple[Schema, SeriesSurvey]:
    """Return the schema in which the columns that name the series are groups, and what the series are like."""
    looked = look_at_table(records, schema)
    return (schema if schema.names(Role.GROUP) else looked.schema), looked.survey


def as_series(records: Records, schema: Schema) -> Records:
    """Return records with the series that their rows are the steps of, what is forecast first.

    Raises:
        ColumnError: no column orders the rows.
    """
    columns = (*schema.names(Role.TARGET), *schema.inputs(Kind.NUMBER))
    made = on_grid(make_timeline(records, schema, columns))
    return replace(records, timeline=made.timeline, notes=(*records.notes, *made.sentences))


def forecast_question(schema: Schema) -> Question:
    """Return the question of a forecast.

    Raises:
        ColumnError: what is to be forecast is no number, or not named.
    """
    targets = schema.names(Role.TARGET)
    if not targets:
        raise ColumnError("Which column shall be forecast? Name it with --target; repeat it for several.")
    odd = next((name for name in targets if schema.columns[name].kind is not Kind.NUMBER), None)
    if odd is not None:
        raise ColumnError(f"The target '{odd}' is of kind {schema.columns[odd].kind}; a forecast needs numbers. Name another.")
    return Question(FORECASTING, (), "you asked for a forecast")


def kind_asked(changes: Mapping[str, Any]) -> KindOfData | None:
    """Return the kind of data that the person asked for.

    Raises:
        UnknownNameError: no such kind.
    """
    asked = changes.get(KIND)
    if asked not in (None, *get_args(KindOfData)):
        raise unknown_name("kind of data", str(asked), get_args(KindOfData))
    return asked


def load_planned(plan: Plan) -> Table:
    """Read the source of a plan as the plan describes it.

    Raises:
        InputError: the source is no longer what it was when the plan was made.
    """
    began = time.monotonic()
    records = read(plan.data.source, query=plan.data.query, kind=plan.data.kind)
    mark = checked_fingerprint(plan.data.source, records, plan.data.fingerprint)
    records, pictures = survey(records)
    records, windows = survey_windows(records)
    parsed = parse_all(records, plan.schema)
    frame, columns = parsed.records.frame, plan.schema.columns
    known = [name for name in columns if name in frame.columns and columns[name].role is not Role.IGNORED]
    profile = Profile(len(records), {name: profile_column(frame.get_column(name), columns[name]) for name in known})
    records = parsed.records
    series: AnySurvey | None = windows
    if runs_in_time(plan):
        records, series = as_series(records, plan.schema), look_at_table(records, plan.schema).survey
    question = _question(records, plan.schema, plan.task.name)
    return Table(records, plan.schema, profile, parsed.issues, question, mark, time.monotonic() - began, pictures, series)


def _question(records: Records, schema: Schema, task: str | None) -> Question | None:
    if task == FORECASTING:
        return forecast_question(schema)
    if task == ANOMALY:
        return anomaly_question(records, schema)
    return question_of(records, schema) if schema.target else None


def parse_all(records: Records, schema: Schema) -> Parsed:
    """Return parsed records that keep the ignored columns, as text: they tell a row from a copy of another.

    Args:
        records: as they were read.
        schema: of the plan, or from `describe`.
    """
    columns = {
        name: replace(column, role=Role.IDENTIFIER) if column.role is Role.IGNORED else column
        for name, column in schema.columns.items()
    }
    return parse(records, Schema(columns))


def checked_fingerprint(source: str, records: Records, planned: str | None) -> str:
    """Return the fingerprint of a source that was read.

    Args:
        source: as the plan names it.
        records: what was read.
        planned: the fingerprint in the plan; None takes any.

    Raises:
        InputError: it is another one.
    """
    mark = fingerprint(source, records)
    if planned not in (None, mark):
        raise InputError(
            f"{source} is not what it was when the plan was made: its content has another fingerprint "
            f"({mark[:12]}, not {planned}). Make a new plan, or put the old file back."
        )
    return mark


def _described(records: Records, target: tuple[str, ...], changes: Mapping[str, Any]) -> tuple[Schema, Profile]:
    """Return the schema and the profile; a number target becomes a category where the person asked for a task with classes."""
    overrides = given = _column_overrides(changes)
    if changes.get(TASK) == LOCALIZATION:
        overrides = with_sides(given, records.frame.columns)
    if changes.get(LABELS) is not None:
        overrides = with_labels(given, str(changes[LABELS]), records)
    schema, profile = describe(records, target=target, overrides=overrides)
    schema = with_reasons_for_sides(schema, given)
    task, names = changes.get(TASK), schema.names(Role.TARGET)
    if task not in TASKS_OF_CLASSES or len(names) != 1 or schema.columns[names[0]].kind is not Kind.NUMBER:
        return schema, profile
    name = names[0]
    asked = overrides.get(name, {})
    if "kind" in asked:
        raise ColumnError(
            f"The task '{task}' asks for classes, and the kind of the target '{name}' was set to number. "
            "Leave one of the two out."
        )
    why = numbers_as_classes(read_column(records.frame[name], schema.columns[name]).values.alias(name), str(task))
    schema, profile = describe(records, target=target, overrides={**overrides, name: {**asked, "kind": Kind.CATEGORY.value}})
    column = schema.columns[name]
    reason = column.reason.replace("you set its kind; ", "", 1)
    return Schema({**schema.columns, name: replace(column, reason=f"{reason}; {why}")}), profile


def _column_overrides(changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the edits of columns, by column. A column's name may hold dots: what follows the last one is the key."""
    overrides: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        name, dot, key = path.removeprefix(COLUMN_PREFIX).rpartition(".")
        if path.startswith(COLUMN_PREFIX) and dot:
            overrides.setdefault(name, {})[key] = value
    return overrides
