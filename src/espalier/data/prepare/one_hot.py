"""One-hot encoding: each code of a category becomes a 0/1 column, for models that take numbers only."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.data.prepare.encode import FIRST_LEVEL, MISSING, OTHER, SPECIAL_NAMES, FittedEncoder


@dataclass(frozen=True)
class FittedOneHot:
    """Turns category columns into 0/1 columns.

    Missing values and rare levels get a column of their own when training had any; otherwise, as an unseen level, they are 0
    in every column.

    Args:
        encoder: gives the codes.
    """

    encoder: FittedEncoder

    @cached_property
    def _codes(self) -> list[np.ndarray]:
        return [np.array(self.codes(place)) for place in range(len(self.encoder.columns))]

    def codes(self, place: int) -> tuple[int, ...]:
        """Return the codes of one column that have a 0/1 column."""
        special = ((OTHER, self.encoder.other[place]), (MISSING, self.encoder.missing[place]))
        levels = range(FIRST_LEVEL, self.encoder.cardinalities[place])
        return (*(code for code, seen in special if seen), *levels)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each 0/1 column."""
        names = []
        for place, column in enumerate(self.encoder.columns):
            spelt = SPECIAL_NAMES + self.encoder.levels[place]
            names += [f"{column} = {spelt[code]}" for code in self.codes(place)]
        return tuple(names)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the column that each 0/1 column comes from."""
        return tuple(column for place, column in enumerate(self.encoder.columns) for _ in self.codes(place))

    def apply(self, frame: pl.DataFrame) -> FloatArray:
        """Return (N, L) 1 where a row has the level, else 0."""
        codes = self.encoder.apply(frame)
        hot = [codes[:, [place]] == levels for place, levels in enumerate(self._codes)]
        return np.hstack([np.empty((frame.height, 0)), *hot]).astype(np.float64, copy=False)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return self.encoder.to_mapping()

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedOneHot":
        """Return the step that plain values describe."""
        return FittedOneHot(FittedEncoder.from_mapping(value))
