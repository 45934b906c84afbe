"""Number columns as they are, then ordered columns as ranks, side by side in one matrix."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.errors import ColumnError
from espalier.core.schema import Kind, Schema

LARGEST_MEASURED = 1e150  # the squares of larger numbers, and their sums, are not finite
FEW_ROWS = 64  # up to here Python lists are faster than a column engine's set-up: the case of a server

FrameReader: TypeAlias = Callable[[pl.DataFrame], FloatArray]


@dataclass(frozen=True)
class NumberColumns:
    """What every later step reads numbers through. Nothing here is fitted: orders are in the schema.

    Args:
        plain: number columns.
        ordered: ordered columns, each with its levels from low to high; a level becomes its rank, from 0.
    """

    plain: tuple[str, ...] = ()
    ordered: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns in the order of the matrix."""
        return self.plain + tuple(name for name, _ in self.ordered)

    @cached_property
    def _ranks(self) -> tuple["LevelIndex", ...]:
        return tuple(LevelIndex(levels) for _, levels in self.ordered)

    def read(self, frame: pl.DataFrame) -> FloatArray:
        """Return (N, F) float64; missing values and levels outside the order are NaN."""
        values = np.empty((frame.height, len(self.names)), order="F")
        for index, name in enumerate(self.plain):
            column = column_of(frame, name)
            values[:, index] = column.to_list() if frame.height <= FEW_ROWS else column.to_numpy()
        for index, ((name, _), ranks) in enumerate(zip(self.ordered, self._ranks, strict=True), start=len(self.plain)):
            found = ranks.find(column_of(frame, name))
            values[:, index] = np.where(found >= 0, found, np.nan)
        return values


def number_columns(schema: Schema) -> NumberColumns:
    """Return the number and ordered inputs of a schema.

    Raises:
        ColumnError: an ordered column whose order nobody has given.
    """
    ordered = tuple((name, schema.columns[name].order) for name in schema.inputs(Kind.ORDERED))
    for name, order in ordered:
        if not order or len(set(order)) < len(order):
            raise ColumnError(
                f"The column '{name}' is an ordered category and its order is {list(order)}; expected each level once, from "
                f"low to high. Give it (--set 'schema.columns.{name}.order=[low, middle, high]') or make it a plain category "
                f"(--set schema.columns.{name}.kind=category)."
            )
    return NumberColumns(schema.inputs(Kind.NUMBER), ordered)


class LevelIndex:
    """Finds the position of each value in a list of levels.

    Args:
        levels: all different.
    """

    def __init__(self, levels: tuple[str, ...]) -> None:
        self.type = pl.Enum(list(levels))
        self.places = {level: place for place, level in enumerate(levels)} | {None: -2}

    def find(self, values: pl.Series) -> FloatArray:
        """Return (N,) the position of each value; -1 for a value that is no level, -2 for a missing one."""
        if values.dtype != pl.String:
            values = values.cast(pl.String)
        if len(values) <= FEW_ROWS:
            return np.array([self.places.get(value, -1) for value in values.to_list()], dtype=np.float64)
        found = values.cast(self.type, strict=False).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
        return np.where(values.is_null().to_numpy(), -2, found).astype(np.float64)


def column_of(frame: pl.DataFrame, name: str) -> pl.Series:
    """Return a column.

    Raises:
        ColumnError: the frame lacks it.
    """
    try:
        return frame.get_column(name)
    except pl.exceptions.ColumnNotFoundError as error:
        raise ColumnError(
            f"The records lack the column '{name}', which the preparation reads. Parse them with the schema of the training "
            "first; it fills absent columns with missing values."
        ) from error


def known(values: FloatArray) -> FloatArray:
    """Return the values that are known, neither NaN nor infinite; beyond 1e150 they are cut off."""
    return np.clip(values[np.isfinite(values)], -LARGEST_MEASURED, LARGEST_MEASURED)
