"""One column: decide its kind on a sample, read every cell, and let all cells correct the decision."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from espalier.core.schema import Column, Kind, Role
from espalier.data.describe.categories import as_text, missing_in_text
from espalier.data.describe.cells import Cells, count_cells
from espalier.data.describe.dates import is_in_order, means_no_date
from espalier.data.describe.kinds import Draft, decide_kind, kind_as_asked
from espalier.data.describe.missing import DOUBTFUL, SURE, Spike, find_spellings, means_missing
from espalier.data.describe.profile import ColumnProfile, count_distinct, examples_of, profile_counted
from espalier.data.describe.read_column import read_column
from espalier.data.describe.reading import Reading
from espalier.data.describe.roles import Decision, Facts, decide_empty, decide_role
from espalier.data.describe.sentences import Evidence, reason_for
from espalier.data.describe.target import class_order, decide_target

MAX_SPELLINGS = 20  # different unreadable cells that are looked through for spellings of "not known"
MAX_CLASSES = 10_000  # more different values of a target are left in no order
MAX_NEIGHBOURS = 1_000  # levels that are compared with "NA" and "-", which may be levels too
LABELS = (Kind.CATEGORY, Kind.ORDERED)


@dataclass(frozen=True)
class Asked:
    """What the person set for a column; None where nothing was set.

    Args:
        kind, role, format, missing, order: as in `core.schema.Column`.
    """

    kind: Kind | None = None
    role: Role | None = None
    format: str | None = None
    missing: tuple[str, ...] | None = None
    order: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the settings that were given."""
        return tuple(name for name in ("kind", "role", "format", "missing", "order") if getattr(self, name) is not None)


@dataclass(frozen=True)
class Described:
    """The outcome for one column.

    Args:
        column: kind, role and reason.
        profile: distribution of its values.
        in_order: for dates and running numbers, whether the rows are in their order.
    """

    column: Column
    profile: ColumnProfile
    in_order: bool


def describe_column(cells: Cells, is_target: bool, asked: Asked) -> Described:
    """Return what one column is, what it is for, and how its values are distributed.

    Args:
        cells: the column.
        is_target: whether it is to be predicted.
        asked: what the person set.

    Raises:
        ColumnError: the column cannot be read as the kind that was set.
    """
    is_target = is_target or asked.role is Role.TARGET
    draft = _draft(cells, is_target, asked)
    column, reading, evidence = _read_all(cells, draft, asked)
    counted = _counted(column, reading.values)
    facts = _facts(cells, column, draft, reading.values, counted)
    decision = _decide(facts, draft, is_target, asked)
    if draft.role is Role.IDENTIFIER and decision.role is Role.INPUT:  # its levels matter after all
        column, reading, evidence = _read_all(cells, replace(draft, role=Role.INPUT), asked)
        counted = _counted(column, reading.values)
    elif decision.kind is not column.kind:
        column = replace(column, kind=decision.kind, format=None)
        reading = read_column(cells.whole, column)
        counted = _counted(column, reading.values)
    column = replace(column, role=decision.role)
    if is_target and counted is not None and not column.order and len(counted) <= MAX_CLASSES:
        column = replace(column, order=class_order(dict(counted.rows())))
    profile = profile_counted(reading.values, column, facts.num_distinct, counted)
    profile = replace(profile, examples=examples_of(cells.whole))
    reason = reason_for(column, profile, facts, replace(evidence, why=decision.why or draft.why, asked=asked.names))
    may_order = column.kind is Kind.DATE or (column.role is Role.IDENTIFIER and column.kind is Kind.NUMBER)
    in_order = may_order and is_in_order(reading.values)
    return Described(replace(column, reason=reason), profile, in_order)


def _counted(column: Column, values: pl.Series) -> pl.DataFrame | None:
    """Return the levels of a category and how often each occurs; None for other kinds."""
    return count_cells(values) if column.kind in LABELS and column.role is not Role.IDENTIFIER else None


def _draft(cells: Cells, is_target: bool, asked: Asked) -> Draft:
    """Return what the column seems to be, or what the person set."""
    if asked.kind is not None:
        draft = kind_as_asked(cells, asked.kind, asked.format, asked.order or ())
        return replace(draft, role=Role.TARGET) if is_target else draft
    draft = decide_kind(cells)
    if is_target:
        draft = replace(decide_target(cells.name, draft), role=Role.TARGET)
    return replace(draft, format=asked.format or draft.format, order=asked.order or draft.order)


def _decide(facts: Facts, draft: Draft, is_target: bool, asked: Asked) -> Decision:
    """Return the role: what the person set, else what the column is good for."""
    if is_target:
        return Decision(Role.TARGET, draft.kind)
    if asked.role is not None:
        return Decision(asked.role, draft.kind)
    if draft.role is Role.IGNORED:
        return Decision(Role.IGNORED, draft.kind)
    if asked.kind is not None:
        empty = decide_empty(facts)
        return Decision(empty.role, draft.kind, empty.why) if empty is not None else Decision(Role.INPUT, draft.kind)
    return decide_role(facts)


def _facts(cells: Cells, column: Column, draft: Draft, values: pl.Series, counted: pl.DataFrame | None) -> Facts:
    numbers = draft.numbers
    is_whole = column.format in (None, "plain") and numbers is not None and bool((np.floor(numbers) == numbers).all())
    is_text = column.kind in (*LABELS, Kind.TEXT) and numbers is None and cells.whole.dtype != pl.Boolean
    return Facts(
        cells.name,
        column.kind,
        values,
        num_filled=len(values) - values.null_count(),
        num_distinct=count_distinct(values, exactly_if_unique=is_whole or is_text) if counted is None else len(counted),
        is_whole=is_whole,
        is_text=is_text,
    )


def _read_all(cells: Cells, draft: Draft, asked: Asked) -> tuple[Column, Reading, Evidence]:
    """Read every cell, find the spellings of "not known" among them where none were set, and leave those out."""
    spikes = draft.spikes if asked.missing is None else ()
    missing = tuple(f"{spike.value:.15g}" for spike in spikes) if asked.missing is None else asked.missing
    is_own_text = draft.kind is Kind.TEXT or draft.role is Role.IDENTIFIER
    if is_own_text and cells.is_text and asked.missing is None:
        missing = missing_in_text(cells.sample)
    column = Column(draft.kind, draft.role, missing, draft.format, draft.order)
    reading = read_column(cells.whole, column)
    if column.kind in LABELS and asked.missing is None and cells.whole.dtype == pl.String and not is_own_text:
        return _read_labels(cells, column, reading, spikes)
    evidence = Evidence(spikes=spikes, num_infinite=len(reading.infinite))
    if not len(reading.unread):
        return column, reading, evidence
    words, unread, num_unread = _spellings_among(cells.whole.gather(reading.unread), look=asked.missing is None)
    column = replace(column, missing=(*column.missing, *(word for word, _ in words)))
    return column, reading, replace(evidence, missing=words, unread=unread, num_unread=num_unread)


def _spellings_among(cells: pl.Series, look: bool) -> tuple[tuple[tuple[str, int], ...], tuple[str, ...], int]:
    """Look through cells that are no numbers or dates.

    Args:
        cells: as read.
        look: whether words that mean "not known" are looked for; otherwise all cells are the rest.

    Returns:
        Those that mean "not known" with their counts, examples of the rest, and how many these are.
    """
    counted = count_cells(as_text(cells).str.strip_chars())
    rows = counted.rows() if look else []
    found = tuple((cell, times) for cell, times in rows if means_missing(cell) or means_no_date(cell))
    others = tuple(cell for cell in counted["cell"].head(MAX_SPELLINGS).to_list() if cell not in dict(found))
    return found, others[:2], len(cells) - sum(times for _, times in found)


def _read_labels(cells: Cells, column: Column, reading: Reading, spikes: tuple[Spike, ...]) -> tuple[Column, Reading, Evidence]:
    """Leave the spellings of "not known" out of a category's levels, and say which words are kept as levels."""
    counted = count_cells(reading.values)
    lowered = counted["cell"].str.to_lowercase()
    evidence = Evidence(spikes=spikes, alike=_alike(counted["cell"], lowered))
    special = counted.filter(lowered.is_in([*SURE, *DOUBTFUL]))
    if not len(special):
        return column, reading, evidence
    found = find_spellings(special.rows(), counted["cell"].head(MAX_NEIGHBOURS).to_list())
    missing, kept = found.missing, tuple(word for word, _ in found.kept)
    if column.kind is Kind.ORDERED:  # what has no place in the order is no level
        missing += tuple((word, times) for word, times in found.kept if word not in column.order)
        kept = tuple(word for word in kept if word in column.order)
    column = replace(column, missing=(*column.missing, *(word for word, _ in missing)))
    reading = read_column(cells.whole, column) if missing else reading
    return column, reading, replace(evidence, missing=missing, kept=kept)


def _alike(levels: pl.Series, lowered: pl.Series) -> tuple[str, ...]:
    """Return the first two levels that are one when capitals do not count, or nothing."""
    double = lowered.filter(lowered.is_duplicated()) if len(levels) <= MAX_NEIGHBOURS else lowered.head(0)
    return tuple(levels.filter(lowered == double[0]).head(2).to_list()) if len(double) else ()
