"""The column of windows: each cell is a list of steps, and each step holds the values of all channels."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl

from espalier.core.records import IntArray, Records
from espalier.core.schema import Kind, Schema
from espalier.core.timeline import Steps

Padded: TypeAlias = np.ndarray[tuple[int, int, int], np.dtype[np.float32]]


@dataclass(frozen=True)
class Windows:
    """Windows one behind the other.

    Args:
        steps: (P, C) float32, the channels at every step; NaN where a value is missing.
        lengths: (N,) int64, steps of each window; 0 where a cell is empty.
    """

    steps: Steps
    lengths: IntArray

    @property
    def starts(self) -> IntArray:
        """Return (N + 1,) int64, where each window begins, and P at the end."""
        return np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int64)

    @property
    def owners(self) -> IntArray:
        """Return (P,) int64, the number of the window that each step belongs to."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


def as_column(windows: Windows, name: str) -> pl.Series:
    """Return windows as a column of type List(Array(Float32, C)); a window without a step is null.

    Example:
        >>> as_column(Windows(np.zeros((3, 2), np.float32), np.array([1, 2])), "series").list.len().to_list()
        [1, 2]
    """
    step = pl.Array(pl.Float32, windows.steps.shape[1])
    frame = pl.DataFrame({"owner": windows.owners, name: pl.Series(np.ascontiguousarray(windows.steps), dtype=step)})
    lists = frame.group_by("owner", maintain_order=True).agg(name)
    every = pl.DataFrame({"owner": np.arange(len(windows.lengths))}).join(lists, "owner", "left", maintain_order="left")
    return every.get_column(name).cast(pl.List(step))


def windows_of(column: pl.Series) -> Windows:
    """Return the windows of a column of type List(Array(Float32, C))."""
    lengths = column.list.len().fill_null(0).to_numpy().astype(np.int64)
    filled = column.filter(pl.Series(lengths > 0))
    channels = channels_of(column)
    steps = filled.explode().to_numpy() if len(filled) else np.empty((0, channels), dtype=np.float32)
    return Windows(steps.reshape(-1, channels), lengths)


def longest_window(records: Records, schema: Schema) -> int:
    """Return the steps of the longest window of the input columns, 0 where none holds windows."""
    columns = schema.inputs(Kind.SERIES)
    return max((int(windows_of(records.frame.get_column(name)).lengths.max(initial=0)) for name in columns), default=0)


def channels_of(column: pl.Series) -> int:
    """Return C, the number of channels of a column of windows."""
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else None
    return int(inner.size) if isinstance(inner, pl.Array) else 1


def padded(windows: Windows, length: int | None = None) -> Padded:
    """Return (N, C, T) float32, NaN behind the end of each window.

    Args:
        windows: to lay out.
        length: T; None for the longest window. Of longer windows the first T steps are kept.
    """
    longest = int(windows.lengths.max(initial=0)) if length is None else length
    owners = windows.owners
    within = np.arange(len(owners)) - windows.starts[:-1][owners]
    kept = within < longest
    result = np.full((len(windows.lengths), longest, windows.steps.shape[1]), np.nan, dtype=np.float32)
    result[owners[kept], within[kept]] = windows.steps[kept]
    return result.transpose(0, 2, 1)
