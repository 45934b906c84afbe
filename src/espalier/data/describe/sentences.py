"""The reason of a column, in one sentence with its evidence."""

from dataclasses import dataclass
from datetime import UTC, datetime

from espalier.core.schema import Column, Kind, Role
from espalier.data.describe.missing import Spike
from espalier.data.describe.profile import ColumnProfile
from espalier.data.describe.roles import Facts

SHOWN_CHARACTERS = 30


@dataclass(frozen=True)
class Evidence:
    """What was found while a column was read.

    Args:
        why: the evidence for its kind or role.
        spikes: numbers that stand for "not known".
        missing: words that mean "not known", each with the number of its cells.
        kept: words that could mean it and are kept as levels.
        unread: examples of cells that are neither a value nor "not known".
        num_unread: how many such cells there are.
        asked: names of the settings that the person gave.
    """

    why: str = ""
    spikes: tuple[Spike, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    kept: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    num_unread: int = 0
    asked: tuple[str, ...] = ()


def reason_for(column: Column, profile: ColumnProfile, facts: Facts, evidence: Evidence) -> str:
    """Return why a column is what the schema says, with the numbers behind it."""
    parts = [f"you set its {' and '.join(evidence.asked)}"] if evidence.asked else []
    parts.append(_what(column, profile, facts))
    if evidence.why:
        parts.append(evidence.why)
    if evidence.missing:
        words = ", ".join(f"'{shorten(word)}' ({times:,})" for word, times in evidence.missing[:5])
        level = ", which is a level of its own" if column.kind in (Kind.CATEGORY, Kind.ORDERED) and column.role is Role.INPUT else ""
        parts.append(f"{words} {'is' if len(evidence.missing) == 1 else 'are'} read as missing{level}")
    parts += [
        f"{amount(spike.value)} ({spike.count:,} cells) stands apart from all others ({amount(spike.low)} to {amount(spike.high)}) and is read as missing"
        for spike in evidence.spikes
    ]
    if evidence.kept:
        words = ", ".join(f"'{shorten(word)}'" for word in evidence.kept[:5])
        parts.append(f"{words} {'is' if len(evidence.kept) == 1 else 'are'} kept as a level of its own, though it could mean missing")
    if evidence.num_unread:
        words = ", ".join(f"'{shorten(word)}'" for word in evidence.unread)
        parts.append(f"{evidence.num_unread:,} cells are no {column.kind.value}s, such as {words}, and count as missing")
    return "; ".join(parts)


def _what(column: Column, profile: ColumnProfile, facts: Facts) -> str:
    """Return what the cells are, with counts."""
    cells = f"{facts.num_filled:,} of {facts.num_rows:,} cells" if facts.num_filled < facts.num_rows else f"all {facts.num_rows:,} cells"
    if not facts.num_filled:
        return f"{cells} hold a value"
    if column.role in (Role.IDENTIFIER, Role.GROUP):
        return f"{cells} hold {profile.num_distinct:,} different values"
    if column.kind is Kind.NUMBER and profile.low is not None and profile.high is not None:
        style = f", written like {column.format}" if column.format not in (None, "plain") else ""
        return f"{cells} are {'whole ' if facts.is_whole else ''}numbers from {amount(profile.low)} to {amount(profile.high)}{style}"
    if column.kind is Kind.DATE and profile.low is not None and profile.high is not None:
        style = f", written as {column.format}" if column.format else ""
        return f"{cells} are {_date_words(column, profile.low, profile.high)}{style}"
    if column.kind is Kind.TEXT:
        return f"{cells} are text"
    noun = "levels" if column.role is not Role.TARGET else "classes"
    order = f", low to high {' < '.join(shorten(level) for level in column.order[:8])}" if column.kind is Kind.ORDERED else ""
    often = f", most often '{shorten(profile.levels[0][0])}' ({profile.levels[0][1]:,})" if profile.levels and not order else ""
    return f"{cells} hold {profile.num_distinct:,} {noun}{order}{often}"


def _date_words(column: Column, low: float, high: float) -> str:
    if column.format in ("%H:%M", "%H:%M:%S"):
        return "times of day"
    first, last = (datetime.fromtimestamp(seconds, UTC).date() for seconds in (low, high))
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
