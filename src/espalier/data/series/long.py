"""Long tables: which columns name the series, where a table holds the steps of several one below the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, islice

import polars as pl

from espalier.core.records import Records
from espalier.core.schema import Kind, Role, Schema

MAX_DOUBLED = 0.01  # share of the rows that may share their time with another row of their series
MIN_STEPS = 5.0  # of a series, on average
MIN_FULL = 0.3  # share of all pairs of series and time that are there: a number that differs from row to row fills few
MAX_TOGETHER = 3  # columns that name a series together
MAX_CHOICES = 200  # of columns that are tried


@dataclass(frozen=True)
class Naming:
    """The columns that name the series of a long table.

    Args:
        columns: their names; empty for a table of one series.
        num_series: how many series they name.
        why: the evidence, in one sentence; empty for one series.
    """

    columns: tuple[str, ...] = ()
    num_series: int = 1
    why: str = ""


def find_naming(records: Records, schema: Schema) -> Naming:
    """Return the columns that name the series: together with the time they tell every row from every other.

    Args:
        records: parsed.
        schema: the role of each column; columns of role GROUP come first.
    """
    time = next((name for name in schema.names(Role.TIME) if name in records.frame.columns), None)
    if time is None:
        return Naming()
    frame = records.frame
    num, num_times = frame.height, frame.get_column(time).n_unique()
    if num - num_times <= MAX_DOUBLED * num:
        return Naming()
    counts = {name: frame.get_column(name).n_unique() for name in _candidates(records, schema, time)}
    for names in _choices(records, schema, counts):
        num_series = frame.select(pl.struct(names).n_unique()).item()
        is_full = num >= MIN_FULL * num_series * num_times and num >= MIN_STEPS * num_series
        if num_series > 1 and is_full and num - frame.select(pl.struct([*names, time]).n_unique()).item() <= MAX_DOUBLED * num:
            named = " and ".join(f"'{name}'" for name in names)
            why = f"{num:,} rows have {num_times:,} different times, and {named} with '{time}' tells each row from every other"
            return Naming(tuple(names), int(num_series), why)
    return Naming()


def as_groups(schema: Schema, naming: Naming) -> Schema:
    """Return the schema in which the columns that name the series, and no others, are groups."""
    columns = {
        name: replace(column, role=Role.IGNORED) if column.role is Role.GROUP and name not in naming.columns else column
        for name, column in schema.columns.items()
    }
    for name in naming.columns:
        columns[name] = replace(columns[name], role=Role.GROUP, kind=Kind.CATEGORY, reason=f"it names the series: {naming.why}")
    return Schema(columns)


def _candidates(records: Records, schema: Schema, time: str) -> Iterator[str]:
    """Yield the columns that could name series: names, codes, and whole numbers."""
    for name, column in schema.columns.items():
        if name == time or name not in records.frame.columns or column.role in (Role.TARGET, Role.TIME):
            continue
        values = records.frame.get_column(name)
        if values.dtype == pl.String or (values.dtype.is_float() and bool((values == values.floor()).all())):
            yield name


def _choices(records: Records, schema: Schema, counts: dict[str, int]) -> Iterator[Sequence[str]]:
    """Yield choices of columns: known groups first, then few columns before many, and few series before many."""
    groups = [name for name in schema.names(Role.GROUP) if name in counts]
    if groups:
        yield groups
    able = sorted(
        (name for name, count in counts.items() if 2 <= count <= len(records) / MIN_STEPS), key=lambda name: counts[name]
    )
    together = chain.from_iterable(combinations(able, size) for size in range(1, MAX_TOGETHER + 1))
    yield from islice(together, MAX_CHOICES)
