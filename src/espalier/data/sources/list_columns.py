"""Windows in Parquet files: a column whose cells are lists of numbers, or lists of such lists, one a channel or one a step."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from espalier.core.errors import EmptySourceError, FormatError
from espalier.data.part_column import word_of
from espalier.data.series.column import Windows
from espalier.data.sources.columns import named
from espalier.data.sources.window_arrays import SERIES_WORDS

SUFFIXES = (".parquet", ".pq")
NAMES = (*SERIES_WORDS, "x", "values", "data", "samples")


def list_columns(path: Path) -> tuple[str, ...]:
    """Return the names of the columns of a Parquet file that hold lists of numbers; nothing where it cannot be read."""
    try:
        schema = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        return ()
    return tuple(name for name, dtype in schema.items() if _depth(dtype) > 0)


def holds_windows(path: Path) -> bool:
    """Return whether lists of numbers are windows: their name says so, or their lengths differ; else they may be features."""
    names = list_columns(path)
    if not names:
        return False
    if any(word_of(name) in NAMES for name in names):
        return True
    return any(
        pl.read_parquet(path, columns=[name])[name].drop_nulls().list.len().n_unique() > 1
        for name in names
        if _is_list(path, name)
    )


def _is_list(path: Path, name: str) -> bool:
    return isinstance(pl.read_parquet_schema(path)[name], pl.List)


def read_lists(path: Path) -> tuple[Windows, pl.DataFrame, tuple[str, ...]]:
    """Return the windows of a Parquet file, its other columns, and notes.

    Raises:
        FormatError: it is damaged, holds no list of numbers, or lists that do not fit each other; the row is named.
        EmptySourceError: it has no rows.
    """
    names = list_columns(path)
    if not names:
        raise FormatError(f"{path.name} holds no column of lists of numbers. Expected one whose cells are windows.")
    frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
    if frame.height == 0:
        raise EmptySourceError(f"{path.name} has {frame.width} columns and no rows. Expected at least one row.")
    nested = [name for name in names if _depth(frame.schema[name]) == 2]
    if nested and len(names) > 1:
        raise FormatError(
            f"{path.name} holds several columns of lists ({named(names)}), and '{nested[0]}' holds lists of lists. Expected "
            "either one such column, or a column of plain lists for each channel. Leave the others out."
        )
    windows = _nested(frame.get_column(nested[0]), path) if nested else _channels(frame, names, path)
    held = "a window" if len(names) == 1 else "one channel of a window"
    return windows, frame.drop(names), ("Parquet", f"each cell of {named([repr(name) for name in names])} is {held}")


def _channels(frame: pl.DataFrame, names: Sequence[str], path: Path) -> Windows:
    """Return windows of one column a channel."""
    columns = [frame.get_column(name) for name in names]
    flat = [column.cast(pl.List(pl.Float32)) for column in columns]
    lengths = [column.list.len().fill_null(0).to_numpy().astype(np.int64) for column in flat]
    for name, other in zip(names[1:], lengths[1:], strict=True):
        wrong = np.flatnonzero(other != lengths[0])
        if len(wrong):
            row = int(wrong[0])
            raise FormatError(
                f"{path.name}, row {row + 1:,}: '{names[0]}' has {lengths[0][row]:,} steps and '{name}' {other[row]:,}. "
                "Expected as many in every channel of a window."
            )
    has_steps = pl.Series(lengths[0] > 0)
    steps = [column.filter(has_steps).explode().fill_null(np.nan).to_numpy() for column in flat]
    return Windows(np.stack(steps, axis=1).astype(np.float32), lengths[0])


def _nested(column: pl.Series, path: Path) -> Windows:
    """Return windows of cells that hold lists of lists: the axis on which all agree is the channels."""
    cells = [None if cell is None else np.array(cell, dtype=np.float32) for cell in column.to_list()]
    shapes = {cell.shape for cell in cells if cell is not None and cell.size}
    wrong = next((row for row, cell in enumerate(cells) if cell is not None and cell.size and cell.ndim != 2), None)
    if wrong is not None or not shapes:
        raise FormatError(
            f"{path.name}, row {(wrong or 0) + 1:,}, holds lists of different lengths. Expected as many steps in each."
        )
    outer, inner = ({shape[axis] for shape in shapes} for axis in (0, 1))
    if len(outer) > 1 and len(inner) > 1:
        raise FormatError(f"{path.name} holds windows with different numbers of channels. Expected as many in each.")
    is_channel_first = len(inner) > 1 or (len(outer) == 1 and max(outer) <= max(inner))
    channels = next(iter(outer if is_channel_first else inner))
    laid = [
        np.empty((0, channels), np.float32) if one is None or not one.size else one.T if is_channel_first else one
        for one in cells
    ]
    return Windows(np.concatenate(laid), np.array([len(one) for one in laid], dtype=np.int64))


def _depth(dtype: pl.DataType | type[pl.DataType]) -> int:
    """Return 1 for lists of numbers, 2 for lists of such lists, 0 for all else."""
    inner = dtype.inner if isinstance(dtype, pl.List) else None
    if isinstance(dtype, pl.Array):
        inner = dtype.inner
        if len(dtype.shape) > 1:
            return 2 if len(dtype.shape) == 2 else 0
    if inner is None:
        return 0
    if isinstance(inner, pl.List | pl.Array):
        return 2 if _depth(inner) == 1 else 0
    return 1 if inner.is_numeric() else 0
