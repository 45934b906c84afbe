"""Encode: columns as plain numbers, for quick looks that need no fitted preparation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import rankdata

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray

MISSING = -1  # code of a missing value
MAX_CLASSES = 50  # the most frequent classes are told apart; all others count as one
REST = "all other classes"


@dataclass(frozen=True)
class Answer:
    """A target as numbers.

    Args:
        matrix: (N, K) 0 or 1 for classes; (N, 1) rank from 0 to 1 for a number, so that no far tail decides.
        classes: K names in the order of the alphabet, or none for a number.
    """

    matrix: FloatArray
    classes: tuple[str, ...]

    @property
    def indices(self) -> IntArray:
        """Return (N,) the class of each row."""
        return self.matrix.argmax(axis=1).astype(np.int64)


def answer_of(target: pl.Series) -> Answer:
    """Return a parsed target column without missing values as numbers."""
    if target.dtype.is_numeric():
        values = target.cast(pl.Float64).to_numpy()
        return Answer((rankdata(values) / max(len(values), 1))[:, None], ())
    names = target.cast(pl.String)
    counts = names.alias("class").value_counts(name="rows").sort(["rows", "class"], descending=[True, False])
    kept = counts.get_column("class")[:MAX_CLASSES].sort().to_list()
    columns = [(names == name).cast(pl.Float64).to_numpy() for name in kept]
    if counts.height > MAX_CLASSES:
        kept, columns = [*kept, REST], [*columns, 1 - np.sum(columns, axis=0)]
    return Answer(np.column_stack(columns), tuple(kept))


def as_number(column: pl.Series) -> FloatArray:
    """Return (N,) a column as new numbers, NaN where it is missing or infinite: a date as seconds, a word as its rank."""
    if column.dtype.is_temporal():
        values = column.cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64) / 1e6
    elif column.dtype.is_numeric() or column.dtype == pl.Boolean:
        values = column.cast(pl.Float64)
    else:
        values = column.cast(pl.String).rank("dense").cast(pl.Float64)
    numbers = values.fill_null(float("nan")).to_numpy()
    return np.where(np.isfinite(numbers), numbers, np.nan)


def as_codes(column: pl.Series) -> IntArray:
    """Return (N,) a number for each different value, by first appearance, and -1 where it is missing.

    Two columns that are equal but for the names of their values have equal codes.
    """
    text = column.dtype == pl.String
    ranks = (column if text or column.dtype.is_numeric() else column.cast(pl.String)).rank("dense")
    dense = ranks.fill_null(0).cast(pl.Int64).to_numpy()
    known = dense > 0
    _, first, inverse = np.unique(dense[known], return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    codes = np.full(len(dense), MISSING, dtype=np.int64)
    codes[known] = place[inverse]
    return codes


def standardised(values: FloatArray) -> FloatArray | None:
    """Return (N,) values less their mean, in deviations, NaN where missing; None where they do not vary.

    Example:
        >>> standardised(np.array([1e300, 3e300])).round(9).tolist()
        [-1.0, 1.0]
    """
    largest = np.abs(values[~np.isnan(values)]).max(initial=0.0)
    if largest == 0:
        return None
    scaled = values / largest  # so that no square overflows
    known = scaled[~np.isnan(scaled)]
    spread = known.std()
    return (scaled - known.mean()) / spread if spread > 0 else None


def matrix_of(frame: pl.DataFrame, names: Sequence[str]) -> FloatArray:
    """Return (N, F) columns in deviations from their means, for trees; a missing value lies below all others of its column."""
    matrix = np.zeros((frame.height, len(names)), dtype=np.float64)
    for place, name in enumerate(names):
        numbers = as_number(frame.get_column(name))
        missing = np.isnan(numbers)
        values = standardised(numbers)
        if values is not None:
            matrix[:, place] = np.where(missing, np.nanmin(values) - 1.0, values)
        else:
            matrix[missing, place] = -1.0
    return matrix
