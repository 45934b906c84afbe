"""Encoding: a category becomes a code (for models that learn an embedding) or 0/1 columns (one-hot)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.records import TrainRecords
from espalier.data.prepare.numbers import LevelIndex, column_of

OTHER = 0  # code of a level that is rare in training, or was not seen there
MISSING = 1  # code of a missing value
FIRST_LEVEL = 2
SPECIAL_NAMES = ("(other)", "(missing)")


@dataclass(frozen=True)
class Encoder:
    """Learns the levels of each category column.

    Args:
        rare_count: levels seen fewer times in training share the code of unseen levels.
        max_levels: levels kept for one column, the most frequent first.
    """

    rare_count: int = 2
    max_levels: int = 1000

    def fit(self, train: TrainRecords, names: tuple[str, ...]) -> "FittedEncoder":
        """Return the fitted encoder.

        Args:
            train: the training part.
            names: its category columns.
        """
        columns = [column_of(train.records.frame, name).cast(pl.String) for name in names]
        levels = tuple(self._levels(column) for column in columns)
        other = tuple(column.drop_nulls().n_unique() > len(kept) for column, kept in zip(columns, levels, strict=True))
        return FittedEncoder(names, levels, other, tuple(column.null_count() > 0 for column in columns))

    def _levels(self, column: pl.Series) -> tuple[str, ...]:
        counts = column.rename("level").drop_nulls().value_counts().filter(pl.col("count") >= self.rare_count)
        kept = counts.sort(["count", "level"], descending=[True, False]).head(self.max_levels)
        return tuple(kept.get_column("level").to_list())


@dataclass(frozen=True)
class FittedEncoder:
    """Turns category columns into codes: 0 unseen or rare, 1 missing, from 2 the levels, most frequent first.

    Where training had no missing value, a missing one is coded as unseen.

    Args:
        columns: the category columns.
        levels: of each column.
        other: for each column, whether training had rare levels.
        missing: for each column, whether training had missing values.
    """

    columns: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    other: tuple[bool, ...]
    missing: tuple[bool, ...]

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Return the number of codes of each column."""
        return tuple(len(levels) + FIRST_LEVEL for levels in self.levels)

    @cached_property
    def _index(self) -> tuple[LevelIndex, ...]:
        return tuple(LevelIndex(levels) for levels in self.levels)

    def apply(self, frame: pl.DataFrame) -> FloatArray:
        """Return (N, M) the codes, as whole numbers in float64."""
        found = np.empty((frame.height, len(self.columns)), order="F")
        for place, (name, index) in enumerate(zip(self.columns, self._index, strict=True)):
            found[:, place] = index.find(column_of(frame, name))
        missing = np.where(self.missing, MISSING, OTHER)  # a code that training never saw means nothing to a model
        return np.where(found >= 0, found + FIRST_LEVEL, np.where(found == -1, OTHER, missing))

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {
            "columns": list(self.columns),
            "levels": [list(levels) for levels in self.levels],
            "other": list(self.other),
            "missing": list(self.missing),
        }

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedEncoder":
        """Return the step that plain values describe."""
        levels = tuple(tuple(levels) for levels in value["levels"])
        return FittedEncoder(tuple(value["columns"]), levels, tuple(value["other"]), tuple(value["missing"]))
