"""The kind of a column: number, category, ordered category, date or text, decided on a sample of its cells."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.errors import ColumnError
from espalier.core.schema import Kind, Role
from espalier.data.describe.categories import LARGEST_WHOLE, LEADING_ZERO, LONG_CODE, OWN_FRACTION, as_text, is_text, wording_of
from espalier.data.describe.cells import Cells, as_array
from espalier.data.describe.dates import Pattern, best_pattern, find_epoch, find_pattern, read_dates
from espalier.data.describe.missing import Spike, find_spikes
from espalier.data.describe.names import hints_time, names_code, names_key, names_quantity
from espalier.data.describe.numbers import PLAIN, Style, best_style, currencies_of, find_style, read_numbers
from espalier.data.describe.profile import EXACT_ROWS, count_distinct
from espalier.data.describe.scales import MAX_LEVELS, find_order

MAX_CODES = 20  # more different whole numbers than this are an amount
MAX_SMALL_CODES = 7  # 1 to 7 without a gap looks like codes; longer runs look like amounts
MIN_ZERO_FRACTION = 0.01  # cells such as "007" from which on whole numbers are codes
COMPACT_DATE = (19_000_101, 21_001_231)  # years 1900 to 2100 as %Y%m%d
COMPACT_MONTH = (190_001, 210_012)  # the same as %Y%m, where the name tells of time


@dataclass(frozen=True)
class Draft:
    """What a column seems to be, before all its rows are read.

    Args:
        kind: what it holds.
        role: INPUT; IGNORED where it holds something that no model here reads; IDENTIFIER for long columns of text that
            hardly repeats, whose levels would take long to count.
        format: of a number or a date.
        order: of an ordered category.
        why: the evidence, as part of a sentence; empty where the kind is plain to see.
        numbers: (n,) its numbers in the sample without spikes, where it could be read as numbers; else None.
        spikes: numbers that stand for "not known".
    """

    kind: Kind
    role: Role = Role.INPUT
    format: str | None = None
    order: tuple[str, ...] = ()
    why: str = ""
    numbers: FloatArray | None = None
    spikes: tuple[Spike, ...] = ()


def decide_kind(cells: Cells) -> Draft:
    """Return what a column seems to be."""
    dtype = cells.whole.dtype
    if dtype == pl.Boolean:
        return Draft(Kind.CATEGORY, why="truth values")
    if dtype.is_temporal():
        return Draft(Kind.DATE)
    if dtype.is_numeric():
        return _decide_number(cells, as_array(cells.sample), None)
    if dtype == pl.String:
        return _decide_text(cells)
    if dtype == pl.Null:
        return Draft(Kind.CATEGORY)
    return Draft(Kind.TEXT, Role.IGNORED, why=f"cells of type {dtype}, which no table model reads")


def _decide_text(cells: Cells) -> Draft:
    if not len(cells.sample):
        return Draft(Kind.CATEGORY)
    style = find_style(cells.sample)
    if style is not None:
        if style.name == PLAIN and _has_leading_zeros(cells.sample):
            return Draft(Kind.CATEGORY, why="numbers with leading zeros, such as '007': codes, no amounts")
        return _decide_number(cells, as_array(read_numbers(cells.sample, style.name).values), style)
    pattern = find_pattern(cells.sample)
    return _date_draft(pattern) if pattern is not None else _decide_label(cells)


def _has_leading_zeros(sample: pl.Series) -> bool:
    """Tell whether enough cells are whole numbers such as "007"; "00.5" and "0" are not."""
    return int(sample.str.contains(LEADING_ZERO).sum()) >= MIN_ZERO_FRACTION * len(sample)


def _decide_number(cells: Cells, values: FloatArray, style: Style | None) -> Draft:
    """Decide whether numbers are amounts, codes or dates."""
    values = values[np.isfinite(values)]
    spikes = find_spikes(values)
    for spike in spikes:
        values = values[values != spike.value]
    form = style.name if style is not None else None
    amount = Draft(Kind.NUMBER, format=form, numbers=values, spikes=spikes)
    if values.size and float(np.abs(values).max()) >= LARGEST_WHOLE and _are_long_codes(cells):
        return Draft(Kind.CATEGORY, why="whole numbers of 16 digits or more: codes, no amounts")
    if form is not None and form.startswith("currency"):
        signs = currencies_of(cells.sample)
        amount = replace(amount, why=f"several signs ({' '.join(signs)}) are read alike" if len(signs) > 1 else "")
    if not values.size or not bool((np.floor(values) == values).all()) or form not in (None, PLAIN):
        return amount
    date = _numbers_as_dates(cells, values)
    if date is not None:
        return replace(_date_draft(date), numbers=values)
    kind, why = _amount_or_code(cells.name, values)
    return replace(amount, kind=kind, why=why, format=form if kind is Kind.NUMBER else None)


def _are_long_codes(cells: Cells) -> bool:
    """Tell whether numbers that a float cannot hold exactly are written as whole numbers."""
    return cells.whole.dtype.is_integer() or (cells.is_text and bool(cells.sample.str.contains(LONG_CODE).any()))


def _numbers_as_dates(cells: Cells, values: FloatArray) -> Pattern | None:
    """Return a date pattern for whole numbers that count seconds, or that read 20240301, or None."""
    low, high = float(values.min()), float(values.max())
    if hints_time(cells.name) and low != high:
        epoch = find_epoch(low, high)
        if epoch is not None:
            return epoch
        if COMPACT_MONTH[0] <= low and high <= COMPACT_MONTH[1]:
            return _reads_all(values, "%Y%m")
    if not COMPACT_DATE[0] <= low < high <= COMPACT_DATE[1] or names_key(cells.name):
        return None
    return _reads_all(values, "%Y%m%d")


def _reads_all(values: FloatArray, pattern: str) -> Pattern | None:
    """Return the pattern when it reads every number as a date, or None."""
    text = pl.Series("date", values.astype(np.int64)).cast(pl.String)
    return Pattern(pattern, 1.0) if not read_dates(text, pattern).values.null_count() else None


def _amount_or_code(name: str, values: FloatArray) -> tuple[Kind, str]:
    """Decide whether whole numbers are amounts or codes, and say on what evidence."""
    code, amount = names_code(name), names_quantity(name)
    if code in ("zip", "zipcode", "postcode", "postal", "우편"):
        return Kind.CATEGORY, f"the name says codes ('{code}')"
    different = np.unique(values)
    if different.size > MAX_CODES or different.size < 2:
        return Kind.NUMBER, ""
    low, high = int(different[0]), int(different[-1])
    if code:
        return Kind.CATEGORY, f"the name says that its numbers are codes ('{code}')"
    if amount:
        return Kind.NUMBER, f"the name says that its numbers are amounts ('{amount}')"
    if different.size == 2:
        return Kind.CATEGORY, f"two numbers, {low} and {high}, tell two cases apart"
    if low == 1 and high == different.size <= MAX_SMALL_CODES:
        return Kind.CATEGORY, f"1 to {high} without a gap are read as codes; if they are amounts, set its kind to number"
    return Kind.NUMBER, ""


def _date_draft(pattern: Pattern) -> Draft:
    return Draft(Kind.DATE, format=pattern.name, why=pattern.reason)


def _decide_label(cells: Cells) -> Draft:
    """Decide whether text is free text, a category, or an ordered category."""
    num_filled = len(cells.whole) - cells.whole.null_count()
    distinct = count_distinct(cells.whole)
    if distinct <= MAX_LEVELS:
        return _decide_order(cells)
    wording = wording_of(cells.sample)
    if is_text(wording, distinct, num_filled):
        return Draft(Kind.TEXT, why=f"{wording.words:.0f} words and {wording.characters:.0f} characters in the mean cell")
    is_long = len(cells.whole) > EXACT_ROWS and distinct > OWN_FRACTION * num_filled
    return Draft(Kind.CATEGORY, Role.IDENTIFIER if is_long else Role.INPUT)


def _decide_order(cells: Cells) -> Draft:
    """Decide whether a few labels have a known order; the few longest of them may still be free text."""
    levels = cells.whole.drop_nulls().unique().str.strip_chars().unique()
    found = find_order(sorted(level for level in levels.to_list() if level), _hints_grade(cells.name))
    if found is not None:
        return Draft(Kind.ORDERED, order=found[0], why=found[1])
    wording = wording_of(cells.sample)
    if is_text(wording, len(levels), len(cells.sample)):
        return Draft(Kind.TEXT, why=f"{wording.words:.0f} words and {wording.characters:.0f} characters in the mean cell")
    return Draft(Kind.CATEGORY)


def _hints_grade(name: str) -> bool:
    return names_quantity(name) in ("grade", "rating", "rank", "score", "quality", "qual") or "학점" in name or "등급" in name


def kind_as_asked(cells: Cells, kind: Kind, asked_format: str | None, asked_order: tuple[str, ...]) -> Draft:
    """Return a column as the kind that the person set, with the details that its cells show.

    Args:
        cells: the column.
        kind: what the person set.
        asked_format: the format that the person set, or None.
        asked_order: the order that the person set, or nothing.

    Raises:
        ColumnError: no cell can be read so, or an ordered category whose order nobody knows.
    """
    draft = Draft(kind, format=asked_format, order=asked_order)
    if kind is Kind.ORDERED and not asked_order:
        return replace(draft, order=_order_of(cells))
    if asked_format is not None or not len(cells.sample):
        return draft
    if kind is Kind.DATE and cells.whole.dtype.is_numeric():
        values = as_array(cells.sample)
        epoch = find_epoch(float(values.min()), float(values.max()))
        return replace(draft, format=epoch.name if epoch is not None else "%Y%m%d")
    if kind is Kind.NUMBER and cells.is_text:
        style = best_style(cells.sample)
        if style is None:
            raise _unreadable(cells, kind)
        draft = replace(draft, format=style.name)
    if kind is Kind.NUMBER:
        values = as_array(read_numbers(cells.sample, draft.format or PLAIN).values)
        return replace(draft, numbers=values[np.isfinite(values)], spikes=find_spikes(values[np.isfinite(values)]))
    if kind is Kind.DATE and cells.is_text:
        pattern = best_pattern(cells.sample)
        if pattern is None:
            raise _unreadable(cells, kind)
        return replace(draft, format=pattern.name, why=pattern.reason)
    return draft


def _unreadable(cells: Cells, kind: Kind) -> ColumnError:
    shown = ", ".join(f"'{cell}'" for cell in cells.sample.head(3).to_list())
    return ColumnError(
        f"Column '{cells.name}' was set to kind '{kind.value}', but no cell can be read as a {kind.value}: it holds {shown}. "
        "Leave its kind as it was, or set its format too."
    )


def _order_of(cells: Cells) -> tuple[str, ...]:
    """Return the levels of a column that was set to be ordered, from low to high."""
    levels = as_text(cells.sample).unique()
    numbers = levels.cast(pl.Float64, strict=False)
    if not numbers.null_count():
        return tuple(levels.gather(numbers.arg_sort()).to_list())
    found = find_order(levels.to_list(), hints_grade=True)
    if found is None:
        shown = ", ".join(f"'{level}'" for level in sorted(levels.to_list())[:5])
        raise ColumnError(
            f"Column '{cells.name}' was set to kind 'ordered', but its levels ({shown}) have no order that Espalier knows. "
            f"Give it, low to high: --set schema.columns.{cells.name}.order=[low, high]"
        )
    return found[0]
