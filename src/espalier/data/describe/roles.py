"""The role of a column: input, identifier, group, time, or nothing where it is constant or nearly empty."""

from dataclasses import dataclass

import polars as pl

from espalier.core.schema import Kind, Role
from espalier.data.describe.categories import OWN_FRACTION, UUID
from espalier.data.describe.cells import as_array
from espalier.data.describe.names import (
    names_birth,
    names_identifier,
    names_key,
    names_name,
    names_person,
    names_subject,
    names_time,
)

MIN_FILLED_FRACTION = 0.01  # of the rows; a column with fewer filled cells is nearly empty
MIN_EMPTY_FRACTION = 0.01  # of the rows; with fewer empty cells one value in all others is a constant
TELLING_EMPTY_FRACTION = 0.2  # of the rows; whether a name or code is given is then a fact about the row
MIN_IDENTIFIED = 5  # fewer different values are no identifiers
MIN_COUNTER = 20  # rows of a running number whose name does not say so
MIN_GROUPS = 100  # different values of a key, from which on it is a group even if its name tells of no person
MIN_GROUP_FRACTION = 0.1  # the same, as share of the rows
MIN_SUBJECTS = 20  # different values of a column called "user" or "machine" without any "id"
PERSON_FRACTION = 0.2  # different names as share of the filled cells, from which on names of persons are no category


@dataclass(frozen=True)
class Facts:
    """What the role of a column depends on.

    Args:
        name: the column.
        kind: what it holds.
        values: (N,) its values, null where missing.
        num_filled: values that are not missing.
        num_distinct: different values, counted exactly where all might be different.
        is_whole: whether it holds whole numbers.
        is_text: whether it was read as text and holds no numbers.
    """

    name: str
    kind: Kind
    values: pl.Series
    num_filled: int
    num_distinct: int
    is_whole: bool
    is_text: bool

    @property
    def num_rows(self) -> int:
        """Return the number of rows."""
        return len(self.values)


@dataclass(frozen=True)
class Decision:
    """A column's role.

    Args:
        role: what it is used for.
        kind: what it holds, where the role says so.
        why: the evidence, as part of a sentence; empty for a plain input.
    """

    role: Role
    kind: Kind
    why: str = ""


def decide_role(facts: Facts) -> Decision:
    """Return the role of a column that is not the target, dates left as inputs; `choose_time` looks at those together."""
    empty = decide_empty(facts)
    if empty is not None:
        return empty
    if facts.kind is Kind.DATE or facts.num_distinct < MIN_IDENTIFIED:
        return Decision(Role.INPUT, facts.kind)
    if facts.is_whole or facts.is_text:
        key = _decide_key(facts)
        if key is not None:
            return key
    return _decide_own(facts) if facts.is_text else Decision(Role.INPUT, facts.kind)


def decide_empty(facts: Facts) -> Decision | None:
    """Return the decision for a column that is empty, nearly empty or constant, else None."""
    if not facts.num_filled:
        return Decision(Role.IGNORED, facts.kind)
    if facts.num_filled < MIN_FILLED_FRACTION * facts.num_rows:
        why = f"nearly empty: {facts.num_filled / facts.num_rows:.1%} of the rows have a value, too few to learn from"
        return Decision(Role.IGNORED, facts.kind, why)
    if facts.num_distinct > 1:
        return None
    empty_fraction = 1 - facts.num_filled / facts.num_rows
    if empty_fraction < MIN_EMPTY_FRACTION:
        return Decision(Role.IGNORED, facts.kind, "constant: every filled cell holds the same value")
    return Decision(Role.INPUT, Kind.CATEGORY, "one value or nothing: whether it is filled is the fact it tells")


def _decide_key(facts: Facts) -> Decision | None:
    """Return the decision for a column whose cells name something: a row, a person, a shop."""
    is_unique = facts.num_distinct == facts.num_filled
    named = names_identifier(facts.name)
    if is_unique and named:
        return Decision(Role.IDENTIFIER, facts.kind, "every cell is different and the name says that it names the row")
    if is_unique and _is_counter(facts):
        return Decision(Role.IDENTIFIER, facts.kind, "a running number: it counts the rows and is no fact about them")
    uuids = facts.is_text and _are_uuids(facts.values)
    if is_unique and uuids:
        return Decision(Role.IDENTIFIER, facts.kind, "every cell is a different hash or UUID: it names the row")
    subject = names_subject(facts.name)
    is_subject = facts.name.strip().lower() == subject and facts.num_distinct >= MIN_SUBJECTS  # "unit": kg, g, lb
    if not (names_key(facts.name) or uuids or (named and subject) or is_subject):
        return None
    rows_each = f"{facts.num_filled / facts.num_distinct:.1f} rows for each of {facts.num_distinct:,} on average"
    many = facts.num_distinct >= max(MIN_IDENTIFIED, min(MIN_GROUPS, MIN_GROUP_FRACTION * facts.num_rows))
    if subject or many:
        return Decision(
            Role.GROUP,
            Kind.CATEGORY,
            f"it names what rows have in common ({rows_each}), which must stay on one side of a split",
        )
    return Decision(Role.INPUT, Kind.CATEGORY, f"its cells are names, no amounts ({rows_each})")


def _is_counter(facts: Facts) -> bool:
    """Tell whether whole numbers are 0 or 1 to N, each once, in the order of the rows or not."""
    if not facts.is_whole or facts.values.dtype != pl.Float64 or facts.num_filled < MIN_COUNTER:
        return False
    numbers = as_array(facts.values)
    low, high = float(numbers.min()), float(numbers.max())
    return low in (0.0, 1.0) and high - low + 1 == facts.num_filled == facts.num_rows


def _are_uuids(values: pl.Series) -> bool:
    head = values.drop_nulls().head(100)
    return head.dtype == pl.String and bool(head.str.contains(UUID).all())


def _decide_own(facts: Facts) -> Decision:
    """Return the decision for text: names, codes that hardly repeat, or an input."""
    share = facts.num_distinct / facts.num_filled
    spellings = f"{facts.num_distinct:,} different ones in {facts.num_filled:,} filled cells"
    if share > (PERSON_FRACTION if names_person(facts.name) else OWN_FRACTION if names_name(facts.name) else 1.0):
        return Decision(
            Role.IDENTIFIER, facts.kind, f"names or addresses ({spellings}): they tell rows apart and are no facts about them"
        )
    if facts.kind is Kind.TEXT or share <= OWN_FRACTION:
        return Decision(Role.INPUT, facts.kind)
    empty_fraction = 1 - facts.num_filled / facts.num_rows
    if empty_fraction >= TELLING_EMPTY_FRACTION:
        why = f"codes that hardly repeat ({spellings}); kept, for whether one is given ({empty_fraction:.0%} are not) is a fact"
        return Decision(Role.INPUT, facts.kind, why)
    return Decision(Role.IDENTIFIER, facts.kind, f"codes that hardly repeat ({spellings}): nothing can be learnt from them")


@dataclass(frozen=True)
class DateFacts:
    """What makes a date column the time column.

    Args:
        name: the column.
        in_order: whether the rows are in the order of its dates.
        is_clock: whether it holds times of day without a date.
    """

    name: str
    in_order: bool
    is_clock: bool


def choose_time(dates: list[DateFacts]) -> tuple[str, str] | None:
    """Return the date column that orders the rows, with the evidence, or None when none does.

    A column orders the rows when they lie in its order, or when its name says no more than "date" or "time"; dates of
    birth and times of day never do.
    """
    able = [date for date in dates if not names_birth(date.name) and not date.is_clock]
    both = [date for date in able if date.in_order and names_time(date.name)]
    ordered = [date for date in able if date.in_order]
    named = [date for date in able if names_time(date.name)]
    for found, why in (
        (both, "the rows are in its order and its name says when"),
        (ordered, "the rows are in its order"),
        (named, "its name says when each row was made"),
    ):
        if found:
            return found[0].name, f"{why}, so a split must not look ahead of it"
    return None
