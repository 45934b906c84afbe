"""Describe: from columns as they were read to a schema, each column with its kind, its role and the reason."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import polars as pl

from espalier.core.errors import ColumnError, PlanError, unknown_name
from espalier.core.records import IntArray, Records
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.describe.calendar_columns import find_calendar
from espalier.data.describe.cells import cells_of, sample_positions
from espalier.data.describe.describe_column import Asked, Described, describe_column
from espalier.data.describe.profile import ColumnProfile, Profile, count_distinct, examples_of, profile_column
from espalier.data.describe.roles import DateFacts, choose_time

SETTINGS = ("kind", "role", "missing", "format", "order", "reason")
NOTHING_ASKED = Asked()
WHOLE = {Kind.IMAGE: "pictures", Kind.SERIES: "windows"}  # kinds that are read, and never predicted
NOTHING: Mapping[str, Mapping[str, object]] = MappingProxyType({})


def describe(
    records: Records, *, target: tuple[str, ...] = (), overrides: Mapping[str, Mapping[str, object]] = NOTHING
) -> tuple[Schema, Profile]:
    """Return what each column is and what it is for, and how its values are distributed.

    Kinds are decided on a random sample of 100,000 rows; missing values, ranges and counts are taken from all rows.

    Args:
        records: as they were read.
        target: the column to predict, several for multi-label questions, or none.
        overrides: what the person set, by column: any of kind, role, missing, format and order.

    Raises:
        UnknownNameError: a target, column or setting that does not exist; the nearest is offered.
        PlanError: a kind or role that does not exist, or a setting of the wrong form.
        ColumnError: a column that cannot be read as the kind that was set.
    """
    names = records.frame.columns
    for name in (*target, *overrides):
        if name not in names:
            raise unknown_name("column", name, names)
    asked = {name: _asked(name, given) for name, given in overrides.items()}
    positions = sample_positions(len(records))
    described = {name: _described(records, name, name in target, asked.get(name, NOTHING_ASKED), positions) for name in names}
    columns = {name: one.column for name, one in described.items()} | _time_column(records.frame, described, asked)
    return Schema(columns), Profile(len(records), {name: one.profile for name, one in described.items()})


def _described(records: Records, name: str, is_target: bool, asked: Asked, positions: IntArray | None) -> Described:
    """Return what one column is: what the form of the source says, where it does, else what its cells say."""
    hint = records.hints.columns.get(name)
    held = None if hint is None else hint.kind
    if asked.kind not in (None, held) and Kind.SERIES in (asked.kind, held):
        is_held = "holds windows, and so its" if held is Kind.SERIES else "holds no windows, and so its"
        raise ColumnError(f"The column '{name}' {is_held} kind cannot be '{asked.kind}'. Leave its kind as it was found.")
    if hint is None or asked.kind not in (None, Kind.SERIES):
        return describe_column(cells_of(records.frame[name], positions), is_target, asked)
    if is_target and hint.kind in WHOLE:
        raise ColumnError(
            f"The target '{name}' holds {WHOLE[hint.kind]}. Expected classes or numbers to predict from them. Name another."
        )
    role = Role.TARGET if is_target else asked.role or hint.role
    column = replace(hint, role=role, reason=hint.reason if asked.role is None else f"you set its role; {hint.reason}")
    values = records.frame.get_column(name)
    if hint.kind is Kind.SERIES:
        return Described(column, profile_column(values, column), False)
    return Described(column, ColumnProfile(values.null_count(), count_distinct(values), examples=examples_of(values)), False)


def _asked(name: str, given: Mapping[str, object]) -> Asked:
    """Return what the person set for one column, in the types of the schema."""
    for key in given:
        if key not in SETTINGS:
            raise unknown_name(f"setting of column '{name}'", key, SETTINGS)
    kind, role, form = given.get("kind"), given.get("role"), given.get("format")
    if kind is not None and kind not in list(Kind):
        raise unknown_name("kind", str(kind), list(Kind))
    if role is not None and role not in list(Role):
        raise unknown_name("role", str(role), list(Role))
    return Asked(
        None if kind is None else Kind(str(kind)),
        None if role is None else Role(str(role)),
        None if form is None else str(form),
        _words(name, "missing", given),
        _words(name, "order", given),
    )


def _words(name: str, key: str, given: Mapping[str, object]) -> tuple[str, ...] | None:
    """Return a setting that is a list of words, or None where it was not set."""
    value = given.get(key)
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise PlanError(f"schema.columns.{name}.{key} is {value!r}; expected a list, such as [low, medium, high].")
    return tuple(str(one) for one in value)


def _time_column(frame: pl.DataFrame, described: Mapping[str, Described], asked: Mapping[str, Asked]) -> dict[str, Column]:
    """Return the column that orders the rows in its new role, or nothing when there is none or the person named one."""
    if any(one.role is Role.TIME for one in asked.values()):
        return {}
    free = {name: one for name, one in described.items() if asked.get(name, NOTHING_ASKED).role is None}
    dates = [
        DateFacts(name, one.in_order, "%d" not in (one.column.format or "%d") and "%H" in (one.column.format or ""))
        for name, one in free.items()
        if one.column.kind is Kind.DATE and one.column.role is Role.INPUT
    ]
    chosen = choose_time(dates) or _counter_of_calendar(frame, free)
    if chosen is None:
        return {}
    name, why = chosen
    column = described[name].column
    return {name: replace(column, role=Role.TIME, reason=f"{column.reason}; {why}")}


def _counter_of_calendar(frame: pl.DataFrame, free: Mapping[str, Described]) -> tuple[str, str] | None:
    """Return the running number of rows that are in order of time by columns such as year and month, with the evidence."""
    counters = [name for name, one in free.items() if one.in_order and one.column.role is Role.IDENTIFIER]
    parts = find_calendar(frame, free) if counters else ()
    if not parts:
        return None
    return counters[0], f"the rows are in order of time by {', '.join(parts)}, so a split must not look ahead of it"
