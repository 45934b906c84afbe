"""How findings name columns, lines and shares in their sentences."""

from collections.abc import Iterable, Sequence

import numpy as np

from espalier.core.finding import Finding, Repair
from espalier.core.records import Records
from espalier.core.schema import Kind
from espalier.data.parse import LINE_SUFFIXES

MAX_SHOWN_COLUMNS = 3
MAX_SHOWN_ROWS = 3
MAX_NAMED_ROWS = 100  # source rows that a finding carries, see core.finding


def named(columns: Sequence[str], notes: Sequence[str] = ()) -> str:
    """Return columns in quotes as part of a sentence, the first three of them by name.

    Args:
        columns: names.
        notes: what to say of each in brackets; none when empty.

    Example:
        >>> named(["age", "income"]), named(["a", "b", "c", "d", "e"]), named(["age"], ["12.0%"])
        ("'age' and 'income'", "'a', 'b', 'c' and 2 more", "'age' (12.0%)")
    """
    shown = [f"'{name}'" + (f" ({notes[i]})" if notes else "") for i, name in enumerate(columns[:MAX_SHOWN_COLUMNS])]
    rest = len(columns) - len(shown)
    return joined([*shown, f"{rest:,} more"] if rest else shown)


def joined(parts: Sequence[str]) -> str:
    """Return parts with commas and a final "and".

    Example:
        >>> joined(["a", "b", "c"])
        'a, b and c'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def percent(fraction: float) -> str:
    """Return a share of 0 to 1 as a percentage that is neither 0 % nor 100 % unless it is exactly that.

    Example:
        >>> percent(0.1234), percent(0.00002), percent(0.9999), percent(1.0)
        ('12.3%', 'less than 0.1%', 'over 99.9%', '100%')
    """
    if fraction in (0, 1):
        return f"{fraction:.0%}"
    if fraction < 0.0005:
        return "less than 0.1%"
    return "over 99.9%" if fraction > 0.9995 else f"{fraction:.1%}"


def counted(number: int, what: str) -> str:
    """Return a number with its noun, in the plural where it belongs.

    Example:
        >>> counted(1, "row"), counted(1234, "row"), counted(2, "category")
        ('1 row', '1,234 rows', '2 categories')
    """
    if number == 1:
        return f"1 {what}"
    return f"{number:,} {what[:-1]}ies" if what.endswith("y") else f"{number:,} {what}s"


def either(number: int, singular: str, plural: str) -> str:
    """Return the word that fits a number."""
    return singular if number == 1 else plural


def lines(records: Records, rows: Sequence[int], total: int | None = None) -> str:
    """Return source rows as part of a sentence, the first three of them: lines of a file, names of pictures, or rows.

    Args:
        records: of the source.
        rows: the first of the rows, or all of them.
        total: how many there are; None when all are given.

    Example:
        >>> import polars as pl
        >>> records = Records(pl.DataFrame(), np.zeros(0, dtype=np.int64), "people.csv")
        >>> lines(records, [4]), lines(records, [4, 7, 9, 12])
        ('line 4', 'lines 4, 7, 9 and 1 more')
    """
    names = examples(records, rows[:MAX_SHOWN_ROWS])
    if names:
        rest = (len(rows) if total is None else total) - len(names)
        quoted = [f"'{name}'" for name in names]
        return joined([*quoted, f"{rest:,} more"] if rest else quoted)
    word = "line" if any(suffix in records.source.lower() for suffix in LINE_SUFFIXES) else "row"
    shown = [f"{row:,}" for row in rows[:MAX_SHOWN_ROWS]]
    rest = (len(rows) if total is None else total) - len(shown)
    return (word if len(rows) == 1 else f"{word}s") + " " + joined([*shown, f"{rest:,} more"] if rest else shown)


def row_noun(records: Records) -> str:
    """Return what a row is: a picture of a folder or an archive, or a row."""
    return "row" if records.album is None else "picture"


def examples(records: Records, rows: Sequence[int]) -> list[str]:
    """Return the names of the pictures in these source rows; nothing where the rows are no pictures."""
    column = next((name for name, one in records.hints.columns.items() if one.kind is Kind.IMAGE), None)
    if records.album is None or column is None:
        return []
    named = dict(zip(records.rows.tolist(), records.frame.get_column(column).to_list(), strict=True))
    return [str(named[row]) for row in rows if named.get(row) is not None]


def source_rows(records: Records, positions: Iterable[int] | np.ndarray) -> tuple[int, ...]:
    """Return the source rows at these positions, at most 100 of them."""
    chosen = np.asarray(positions, dtype=np.int64)[:MAX_NAMED_ROWS]
    return tuple(int(row) for row in records.rows[chosen])


def num_rows_of(finding: Finding) -> int | None:
    """Return how many rows a finding is about, though it names 100 at most; None where that is not known."""
    told = finding.evidence.get("num_rows")
    if isinstance(told, int):
        return told
    return len(finding.rows) if len(finding.rows) < MAX_NAMED_ROWS else None


def leave_out(columns: Sequence[str]) -> Repair:
    """Return the repair that keeps columns from being used as inputs."""
    name = f"leave out {named(columns)}"
    return Repair(name, {f"schema.columns.{column}.role": "ignored" for column in columns})
