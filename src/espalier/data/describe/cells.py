"""The cells of one column, and a random sample of them on which kinds are decided."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.core.seeds import numpy_stream

SAMPLE_ROWS = 100_000  # kinds are decided on this many random rows; counts are taken from all rows
FEW_CELLS = 1_000  # a sample with fewer filled cells than this is replaced by the column's own filled cells


@dataclass(frozen=True)
class Cells:
    """One column as it was read.

    Args:
        name: the column.
        whole: every cell, as read.
        sample: filled cells of random rows; text is stripped of spaces, NaN and infinite numbers are left out.
    """

    name: str
    whole: pl.Series
    sample: pl.Series

    @property
    def is_text(self) -> bool:
        """Return whether the cells are text, as in a CSV file."""
        return self.sample.dtype == pl.String


def count_cells(series: pl.Series) -> pl.DataFrame:
    """Return the different values as "cell" and how often each occurs as "times", the most frequent first; nulls left out."""
    counted = series.alias("cell").value_counts(name="times").drop_nulls()
    return counted.sort(["times", "cell"], descending=[True, False])


def sample_positions(num_rows: int) -> IntArray | None:
    """Return the positions of the sampled rows in order, or None when every row is looked at. The same on every run."""
    if num_rows <= SAMPLE_ROWS:
        return None
    return np.sort(numpy_stream(0, "describe").choice(num_rows, SAMPLE_ROWS, replace=False)).astype(np.int64)


def cells_of(series: pl.Series, positions: IntArray | None) -> Cells:
    """Return the cells of a column with their sample.

    Args:
        series: the column as read.
        positions: from `sample_positions`.
    """
    series = plain_column(series)
    sample = _filled(series if positions is None else series.gather(positions))
    if positions is not None and (len(sample) < FEW_CELLS or sample.n_unique() == 1):
        sample = _varied(_filled(series))
    return Cells(series.name, series, sample)


def _varied(filled: pl.Series) -> pl.Series:
    """Return a sample that holds every one of a few different cells, so that a rare one is not overlooked."""
    if len(filled) <= SAMPLE_ROWS:
        return filled
    return pl.concat([filled.unique(maintain_order=True).head(FEW_CELLS), filled.sample(SAMPLE_ROWS, seed=0)])


def plain_column(series: pl.Series) -> pl.Series:
    """Return a column in one of the few types that the rest of `describe` knows."""
    if series.dtype in (pl.Categorical, pl.Enum):
        return series.cast(pl.String)
    if series.dtype.is_decimal() or series.dtype == pl.Float32:
        return series.cast(pl.Float64)
    if series.dtype == pl.Duration:
        return series.dt.total_microseconds() / 1e6
    return series


def _filled(series: pl.Series) -> pl.Series:
    if series.null_count():
        series = series.drop_nulls()
    if series.dtype == pl.String:
        series = series.str.strip_chars()
        return series.filter(series != "")
    if series.dtype.is_float():
        finite = np.isfinite(series.to_numpy())
        return series if finite.all() else series.filter(pl.Series(finite))
    return series


def as_array(series: pl.Series) -> FloatArray:
    """Return the values that are not missing as (N,) float64."""
    if series.null_count():
        series = series.drop_nulls()
    return series.to_numpy().astype(np.float64, copy=False)
