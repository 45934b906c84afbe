"""Imputation: a missing number is replaced by a typical one, and a 0/1 column tells that it was missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray, TrainRecords
from espalier.data.prepare.numbers import FrameReader, known


@dataclass(frozen=True)
class Imputer:
    """Learns what stands for a missing number of each column.

    Args:
        how: "median", "mean" or "zero".
        indicators: add a 0/1 column for each column with missing values in training.
    """

    how: Literal["median", "mean", "zero"] = "median"
    indicators: bool = True

    def fit(self, train: TrainRecords, read: FrameReader) -> "FittedImputer":
        """Return the fitted imputer.

        Args:
            train: the training part.
            read: gives the number columns of a frame, (N, F).
        """
        values = read(train.records.frame)
        fill = np.array([self._typical(known(column)) for column in values.T], dtype=np.float64)
        missing = ~np.isfinite(values).all(axis=0)
        return FittedImputer(fill, np.flatnonzero(missing) if self.indicators else np.empty(0, dtype=np.int64))

    def _typical(self, values: FloatArray) -> float:
        """Return what replaces a missing value; 0 when nothing is known."""
        if self.how == "zero" or len(values) == 0:
            return 0.0
        return float(np.median(values) if self.how == "median" else values.mean())


@dataclass(frozen=True, eq=False)
class FittedImputer:
    """Replaces missing numbers.

    Args:
        fill: (F,) the replacement of each column.
        indicated: the columns whose missing values are told, by index.
    """

    fill: FloatArray
    indicated: IntArray

    def apply(self, values: FloatArray) -> FloatArray:
        """Return (N, F) without missing values; NaN and infinity count as missing."""
        finite = np.isfinite(values)
        return values if finite.all() else np.where(finite, values, self.fill)

    def indicate(self, values: FloatArray) -> FloatArray:
        """Return (N, J) 1 where a value of an indicated column is missing, else 0."""
        return (~np.isfinite(values[:, self.indicated])).astype(np.float64)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"fill": self.fill.tolist(), "indicated": self.indicated.tolist()}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedImputer":
        """Return the step that plain values describe."""
        return FittedImputer(np.array(value["fill"], dtype=np.float64), np.array(value["indicated"], dtype=np.int64))
