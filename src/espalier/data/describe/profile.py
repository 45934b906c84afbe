"""The profile: how the values of each column are distributed, as plain numbers for `data.json` and the report."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.schema import Column, Kind, Role
from espalier.data.describe.cells import as_array, count_cells

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
HISTOGRAM_BINS = 20
SHOWN_LEVELS = 20
EXAMPLE_ROWS = 100
EXAMPLE_CHARACTERS = 80
SHOWN_EXAMPLES = 3
FEW_ROWS = 1_000  # so few values are counted more quickly without the column engine
NEARLY_ALL = 0.9  # an estimate above this share of the filled cells could mean all of them
EXACT_ROWS = 1_000_000  # up to this many rows different values are counted exactly, above to about 2 % (HyperLogLog)


@dataclass(frozen=True)
class ColumnProfile:
    """How one column's values are distributed. Dates count as seconds since 1970.

    Args:
        num_missing: cells without a value: empty, spelled "not known", or not readable.
        num_distinct: different values; above a million rows to about 2 %.
        low, high, mean, std: of numbers and dates; None for other kinds and for columns without values.
        quantiles: of numbers and dates, at QUANTILES; else empty.
        histogram: edges and counts, equally wide bins from low to high; else empty.
        levels: of categories, the most frequent 20 with their counts; else empty.
        examples: the first 3 different cells, as they are written.
    """

    num_missing: int
    num_distinct: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[float, ...] = ()
    histogram: tuple[tuple[float, ...], tuple[int, ...]] = ((), ())
    levels: tuple[tuple[str, int], ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """How the values of every column are distributed.

    Args:
        num_rows: rows of the source.
        columns: by name, in the order of the source.
    """

    num_rows: int
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)


def from_mapping(value: Mapping[str, Any]) -> Profile:
    """Return the profile that plain values describe, also after a way through JSON."""
    return Profile(value["num_rows"], {name: _column_from(one) for name, one in value["columns"].items()})


def _column_from(value: Mapping[str, Any]) -> ColumnProfile:
    edges, counts = value["histogram"]
    return ColumnProfile(
        **{
            **value,
            "quantiles": tuple(value["quantiles"]),
            "histogram": (tuple(edges), tuple(counts)),
            "levels": tuple((level, count) for level, count in value["levels"]),
            "examples": tuple(value["examples"]),
        }
    )


def profile_column(values: pl.Series, column: Column) -> ColumnProfile:
    """Return the profile of one column.

    Args:
        values: as `read_column` returns them: one type for each kind, null where missing.
        column: its kind and role.
    """
    if column.kind is Kind.SERIES:
        return ColumnProfile(values.null_count(), values.n_unique() - (values.null_count() > 0))
    is_label = column.kind in (Kind.CATEGORY, Kind.ORDERED) and column.role not in (Role.IDENTIFIER, Role.GROUP)
    counted = count_cells(values) if is_label else None
    profile = profile_counted(values, column, count_distinct(values) if counted is None else len(counted), counted)
    return replace(profile, examples=examples_of(values))


def profile_counted(values: pl.Series, column: Column, num_distinct: int, counted: pl.DataFrame | None) -> ColumnProfile:
    """Return the profile, without examples, of a column whose different values were counted before.

    Args:
        values: as for `profile_column`.
        column: its kind and role.
        num_distinct: different values.
        counted: from `count_cells`, for categories; else None.
    """
    empty = ColumnProfile(values.null_count(), num_distinct)
    if column.role in (Role.IDENTIFIER, Role.GROUP) or column.kind is Kind.TEXT or not num_distinct:
        return empty
    if counted is not None:
        return replace(empty, levels=tuple(counted.head(SHOWN_LEVELS).rows()))
    if not (values.dtype.is_numeric() or values.dtype == pl.Datetime):
        return empty
    return _profile_numbers(values.dt.epoch("us") / 1e6 if values.dtype == pl.Datetime else values, empty)


def examples_of(cells: pl.Series) -> tuple[str, ...]:
    """Return the first three different cells as text."""
    words: dict[str, None] = {}
    for cell in cells.head(EXAMPLE_ROWS).to_list():
        text = "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell).strip()[:EXAMPLE_CHARACTERS]
        if text:
            words[text] = None
        if len(words) == SHOWN_EXAMPLES:
            break
    return tuple(words)


def count_distinct(values: pl.Series, exactly_if_unique: bool = False) -> int:
    """Return the number of different values, missing ones left out.

    Args:
        values: null where missing.
        exactly_if_unique: count exactly also in long columns when nearly every value may be different.
    """
    has_null = 1 if values.null_count() else 0
    if len(values) <= FEW_ROWS:
        return len(set(values.to_list())) - has_null
    if len(values) <= EXACT_ROWS or values.dtype == pl.Boolean:
        return values.n_unique() - has_null
    estimate = values.approx_n_unique()
    if not isinstance(estimate, int) or (exactly_if_unique and estimate > NEARLY_ALL * (len(values) - values.null_count())):
        return values.n_unique() - has_null
    return min(estimate, len(values) - values.null_count()) - has_null


def _profile_numbers(numbers: pl.Series, empty: ColumnProfile) -> ColumnProfile:
    """Return the profile with what numbers have besides."""
    array = as_array(numbers)
    with np.errstate(over="ignore", invalid="ignore"):  # values near the largest float
        low, high, mean, std = float(array.min()), float(array.max()), float(array.mean()), float(array.std())
    ends = replace(empty, low=low, high=high)
    if not np.isfinite([high - low, mean, std]).all():
        return ends
    quantiles = tuple(numbers.quantile(level, "linear") or 0.0 for level in QUANTILES)
    return replace(ends, mean=mean, std=std, quantiles=quantiles, histogram=_histogram(array, low, high))


def _histogram(array: FloatArray, low: float, high: float) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return the edges of equally wide bins and the number of values in each; one bin when all values are equal."""
    if low == high:
        return (low, high), (array.size,)
    counts, edges = np.histogram(array, bins=HISTOGRAM_BINS, range=(low, high))
    return tuple(edges.tolist()), tuple(counts.tolist())
