"""The data: how many rows, what each column holds, how its values are spread, what was put right on the way in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.charts.bars import bar
from espalier.app.report.charts.histogram import histogram, large_histogram
from espalier.app.report.facts import Facts
from espalier.app.report.sections.mosaics import about
from espalier.app.report.sections.seasons import about_series
from espalier.app.report.sections.section import Section, drawn
from espalier.core.schema import SIDES, Column, Kind, Role, Schema
from espalier.data.describe.profile import ColumnProfile

MAX_CARDS = 30  # columns shown with a picture; the rest are rows of a folded table
MAX_LEVELS = 5  # levels shown on a card
MAX_TARGET_LEVELS = 20
MAX_TARGETS = 6
MEDIAN = 3  # place of the median among the profile's quantiles
NAME_LENGTH = 80
YEARS = (1500, 2100)  # whole numbers between these are written as years, 1987 and not 1,987
MAX_CLOCK_SECONDS = 7 * 86_400  # dates that span less are shown with the time of the day
EPOCH = datetime(1970, 1, 1)

KINDS = {
    Kind.NUMBER: "number",
    Kind.CATEGORY: "category",
    Kind.ORDERED: "ordered category",
    Kind.DATE: "date",
    Kind.TEXT: "free text",
    Kind.IMAGE: "picture",
    Kind.SERIES: "window of steps",
}
ROLES = {
    Role.INPUT: "read by the model",
    Role.TARGET: "predicted",
    Role.GROUP: "keeps rows together",
    Role.TIME: "orders the rows",
    **dict.fromkeys(SIDES, "a side of the box that is predicted"),
    Role.IDENTIFIER: "names a row; not read",
    Role.IGNORED: "left out",
}


@dataclass(frozen=True)
class Level:
    """One value of a category.

    Args:
        name: as written in the data.
        count: rows that hold it.
        share: of all rows, as words.
        bar: its bar.
    """

    name: str
    count: int
    share: str
    bar: Markup


@dataclass(frozen=True)
class Card:
    """One column.

    Args:
        name, kind, role, reason: what it is and why.
        missing: share of missing values as words, or empty.
        distinct: number of different values.
        low, middle, high: smallest, median and largest value as words, or empty.
        chart: histogram, or empty.
        levels: the most frequent values of a category.
        num_more: levels that are not shown.
        examples: a few values, when nothing can be drawn.
    """

    name: str
    kind: str
    role: str
    reason: str
    missing: str
    distinct: int
    low: str
    middle: str
    high: str
    chart: Markup
    levels: tuple[Level, ...]
    num_more: int
    examples: str


def build(facts: Facts) -> Section:
    """Return the section."""
    schema, profile = facts.run.schema, facts.run.profile
    ranks = {one.column: index for index, one in enumerate(facts.importance)}
    inputs = sorted(columns_read(schema), key=lambda name: ranks.get(name, len(ranks)))
    told = [name for name in inputs if schema.columns[name].kind not in (Kind.IMAGE, Kind.SERIES)]  # shown by themselves
    others = [name for name, column in schema.columns.items() if column.role is not Role.TARGET and name not in inputs]
    targets = schema.names(Role.TARGET)
    values = {
        "facts": facts,
        "num_rows": profile.num_rows,
        "num_columns": len(schema.columns),
        "num_inputs": len(inputs),
        "targets": [_card(facts, name, MAX_TARGET_LEVELS, large=True) for name in targets[:MAX_TARGETS]],
        "num_more_targets": max(len(targets) - MAX_TARGETS, 0),
        "question": facts.run.question.reason,
        "cards": [_card(facts, name) for name in told[:MAX_CARDS]],
        "ranked": bool(ranks),
        "rest": [_card(facts, name, num_levels=0) for name in told[MAX_CARDS:]],
        "others": [_card(facts, name, num_levels=0) for name in others],
        "pictures": about(facts),
        "series": about_series(facts),
        "notes": facts.data.get("notes", ()),
        "removed": facts.data.get("removed", ()),
        "issues": facts.data.get("issues", ()),
    }
    return Section("data", "The data", values)


def columns_read(schema: Schema) -> tuple[str, ...]:
    """Return the columns that the model reads: the inputs, and the date that orders the rows."""
    read = schema.inputs()
    return tuple(name for name in schema.names(Role.INPUT, Role.TIME) if name in read or schema.columns[name].kind is Kind.DATE)


def _card(facts: Facts, name: str, num_levels: int = MAX_LEVELS, *, large: bool = False) -> Card:
    """Return the card of one column; without levels to show it has no chart either and is a row of a table."""
    column = facts.run.schema.columns[name]
    profile = facts.run.profile.columns.get(name)
    reason = column.reason or facts.run.plan.reasons.get(f"schema.columns.{name}", "")
    if profile is None:
        return Card(name, KINDS[column.kind], ROLES[column.role], reason, "", 0, "", "", "", Markup(), (), 0, "")
    num_rows = max(facts.run.profile.num_rows, 1)
    levels = _levels(profile, num_rows, num_levels)
    low, middle, high = _ends(profile, column)
    chart = _chart(name, column, profile, large=large) if num_levels else Markup()
    return Card(
        name=name,
        kind=KINDS[column.kind],
        role=ROLES[column.role],
        reason=reason,
        missing=wording.percent(profile.num_missing / num_rows) if profile.num_missing else "",
        distinct=profile.num_distinct,
        low=low,
        middle=middle,
        high=high,
        chart=chart,
        levels=levels,
        num_more=max(profile.num_distinct - len(levels), 0) if levels else 0,
        examples=", ".join(wording.example(one) for one in profile.examples),
    )


def _levels(profile: ColumnProfile, num_rows: int, limit: int) -> tuple[Level, ...]:
    """Return the most frequent levels."""
    shown = profile.levels[:limit]
    top = max((count for _, count in shown), default=1)
    return tuple(
        Level(wording.shortened(name, NAME_LENGTH), count, wording.percent(count / num_rows), drawn(bar(count / top)))
        for name, count in shown
    )


def _chart(name: str, column: Column, profile: ColumnProfile, *, large: bool) -> Markup:
    """Return the histogram of a number or a date; nothing for other kinds."""
    edges, counts = profile.histogram
    if not counts:
        return Markup()
    low, middle, high = _ends(profile, column)
    label = f"Distribution of {name}: from {low} to {high}, half of the rows up to {middle}."
    if large and column.kind is Kind.NUMBER:
        return drawn(large_histogram(edges, counts, label=label, x_title=name))
    return drawn(histogram(edges, counts, label=label))


def _ends(profile: ColumnProfile, column: Column) -> tuple[str, str, str]:
    """Return the smallest, the median and the largest value as words; empty when the column has no order."""
    if profile.low is None or profile.high is None:
        return "", "", ""
    middle = profile.quantiles[MEDIAN] if profile.quantiles else None
    if column.kind is Kind.DATE:
        clock = profile.high - profile.low < MAX_CLOCK_SECONDS
        return _moment(profile.low, clock=clock), _moment(middle, clock=clock), _moment(profile.high, clock=clock)
    if YEARS[0] <= profile.low <= profile.high <= YEARS[1] and profile.low.is_integer() and profile.high.is_integer():
        return f"{profile.low:g}", "" if middle is None else f"{middle:g}", f"{profile.high:g}"
    return wording.number(profile.low), "" if middle is None else wording.number(middle), wording.number(profile.high)


def _moment(seconds: float | None, *, clock: bool) -> str:
    """Return a date given as seconds since 1970, with the time of the day or without."""
    if seconds is None:
        return ""
    moment = EPOCH + timedelta(seconds=round(seconds))
    return wording.cell(moment if clock else moment.date())
