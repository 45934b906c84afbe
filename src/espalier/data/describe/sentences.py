"""The reason of a column, in one sentence with its evidence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from espalier.core.schema import Column, Kind, Role
from espalier.data.describe.missing import Spike
from espalier.data.describe.numbers import PLAIN
from espalier.data.describe.profile import ColumnProfile
from espalier.data.describe.roles import Facts

SHOWN_CHARACTERS = 30
SHOWN_WORDS = 5
SHOWN_LEVELS = 8


@dataclass(frozen=True)
class Evidence:
    """What was found while a column was read.

    Args:
        why: the evidence for its kind or role.
        spikes: numbers that stand for "not known".
        missing: words that mean "not known", each with the number of its cells.
        kept: words that could mean it and are kept as levels.
        alike: two levels that differ only in capitals, or nothing.
        num_infinite: how many numbers are infinite.
        unread: examples of cells that are neither a value nor "not known".
        num_unread: how many such cells there are.
        asked: names of the settings that the person gave.
    """

    why: str = ""
    spikes: tuple[Spike, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    kept: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    num_infinite: int = 0
    unread: tuple[str, ...] = ()
    num_unread: int = 0
    asked: tuple[str, ...] = ()


def reason_for(column: Column, profile: ColumnProfile, facts: Facts, evidence: Evidence) -> str:
    """Return why a column is what the schema says, with the numbers behind it.

    Args:
        column: its kind and role.
        profile: distribution of its values.
        facts: counts.
        evidence: what was found while it was read.
    """
    parts = [
        f"you set its {' and '.join(evidence.asked)}" if evidence.asked else "",
        _what(column, profile, facts),
        evidence.why,
        _missing(column, evidence),
        *(_spike(spike) for spike in evidence.spikes),
        _kept(evidence),
        " and ".join(f"'{shorten(level)}'" for level in evidence.alike) + " differ only in capitals" if evidence.alike else "",
        f"{evidence.num_infinite:,} infinite and read as missing" if evidence.num_infinite else "",
        _unread(column, evidence),
    ]
    return "; ".join(part for part in parts if part)


def _missing(column: Column, evidence: Evidence) -> str:
    if not evidence.missing:
        return ""
    words = ", ".join(f"'{shorten(word)}' ({times:,})" for word, times in evidence.missing[:SHOWN_WORDS])
    level = ", which is a level of its own" if column.kind is Kind.CATEGORY and column.role is Role.INPUT else ""
    return f"{words} {'is' if len(evidence.missing) == 1 else 'are'} read as missing{level}"


def _spike(spike: Spike) -> str:
    apart = f"stands apart from all others ({amount(spike.low)} to {amount(spike.high)})"
    return f"{amount(spike.value)} ({spike.count:,} cells) {apart} and is read as missing"


def _kept(evidence: Evidence) -> str:
    if not evidence.kept:
        return ""
    words = ", ".join(f"'{shorten(word)}'" for word in evidence.kept[:SHOWN_WORDS])
    return f"{words} {'is a level' if len(evidence.kept) == 1 else 'are levels'} like the others, though missing could be meant"


def _unread(column: Column, evidence: Evidence) -> str:
    if not evidence.num_unread:
        return ""
    words = ", ".join(f"'{shorten(word)}'" for word in evidence.unread)
    what = f"is no {column.kind.value} and counts" if evidence.num_unread == 1 else f"are no {column.kind.value}s and count"
    return f"{evidence.num_unread:,} {'cell' if evidence.num_unread == 1 else 'cells'} {what} as missing, such as {words}"


def _what(column: Column, profile: ColumnProfile, facts: Facts) -> str:
    """Return what the cells are, with counts."""
    if not facts.num_filled and column.kind is Kind.TEXT:
        return ""  # a type that is not read
    if not facts.num_filled:
        return f"none of its {facts.num_rows:,} cells is filled"
    all_filled = facts.num_filled == facts.num_rows
    cells = f"all {facts.num_rows:,} cells" if all_filled else f"{facts.num_filled:,} of {facts.num_rows:,} cells"
    if column.role in (Role.IDENTIFIER, Role.GROUP):
        return f"{cells} hold {profile.num_distinct:,} different values"
    if column.kind is Kind.NUMBER and profile.low is not None and profile.high is not None:
        if profile.low == profile.high:
            return f"{cells} hold the number {amount(profile.low)}{_style(column.format)}"
        whole = "whole " if facts.is_whole else ""
        return f"{cells} are {whole}numbers from {amount(profile.low)} to {amount(profile.high)}{_style(column.format)}"
    if column.kind is Kind.DATE and profile.low is not None and profile.high is not None:
        style = f", written as {column.format}" if column.format else ""
        return f"{cells} are {_dates(column, profile.low, profile.high)}{style}"
    if column.kind is Kind.TEXT:
        return f"{cells} are text"
    one, several = ("level", "levels") if column.role is not Role.TARGET else ("class", "classes")
    noun = one if profile.num_distinct == 1 else several
    return f"{cells} hold {profile.num_distinct:,} {noun}{_levels(column, profile)}"


def _levels(column: Column, profile: ColumnProfile) -> str:
    if column.kind is Kind.ORDERED:
        return f", low to high {' < '.join(shorten(level) for level in column.order[:SHOWN_LEVELS])}"
    level, times = profile.levels[0] if profile.levels else ("", 0)
    return f", most often '{shorten(level)}' ({times:,})" if times else ""


def _style(form: str | None) -> str:
    """Return how numbers are written, where it is not plain to see."""
    if form in (None, PLAIN):
        return ""
    sign, _, decimal = str(form).rpartition(" ") if " " in str(form) else (str(form), "", "")
    words = {"percent": "with a percent sign (12 % is read as 12)", "currency": "as money"}
    comma = f" and like {decimal}" if decimal else ""
    return f", written {words[sign]}{comma}" if sign in words else f", written like {form}"


def _dates(column: Column, low: float, high: float) -> str:
    if column.format in ("%H:%M", "%H:%M:%S"):
        return "times of day"
    first, last = ((datetime(1970, 1, 1) + timedelta(seconds=seconds)).date() for seconds in (low, high))
    return f"dates from {first} to {last}"


def amount(value: float) -> str:
    """Return a number in six digits, a whole one in all of its digits.

    Example:
        >>> amount(1484705.0), amount(0.4166666)
        ('1484705', '0.416667')
    """
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"


def shorten(text: str) -> str:
    """Return a cell's text, cut where it is long."""
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
