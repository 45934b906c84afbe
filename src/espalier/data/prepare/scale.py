"""Scaling: number columns are brought to one size, so that none dominates for its unit.

Quantile scaling follows scikit-learn's `QuantileTransformer` with normal output, as tabular networks are trained since
Gorishniy et al. 2021 (arXiv 2106.11959, section 4.2). Differs: there, tiny noise is added while fitting, so that a value
that many rows share lands in the middle of its ranks even when it is the smallest or largest; here that middle is computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.special import ndtri

from espalier.core.batch import FloatArray
from espalier.core.records import TrainRecords
from espalier.data.prepare.numbers import FrameReader, known

MAX_QUANTILES = 1000  # and one for each 30 rows, at least 10: Gorishniy et al. 2021
MIN_QUANTILES = 10
ROWS_OF_A_QUANTILE = 30
LARGEST = float(ndtri(1 - (1e-7 - np.spacing(1))))  # 5.199...: where scikit-learn cuts the normal distribution off


@dataclass(frozen=True)
class Scaler:
    """Learns the size of each number column from its known values.

    Args:
        how: "standard" (mean 0, deviation 1), "robust" (median 0, quartiles 1 apart), "quantile" (to a normal
            distribution by ranks), or "none".
    """

    how: Literal["standard", "robust", "quantile", "none"] = "quantile"

    def fit(self, train: TrainRecords, read: FrameReader) -> "FittedScaler":
        """Return the fitted scaler.

        Args:
            train: the training part.
            read: gives the number columns of a frame, (N, F).
        """
        columns = [known(column) for column in read(train.records.frame).T]
        if self.how == "quantile":
            return FittedQuantileScaler(np.array([_quantiles(column, len(train)) for column in columns]))
        sizes = [_size(column, self.how) for column in columns]
        return FittedLinearScaler(np.array([center for center, _ in sizes]), np.array([scale for _, scale in sizes]))


@dataclass(frozen=True, eq=False)
class FittedLinearScaler:
    """Takes off the center and divides by the scale.

    Args:
        center: (F,).
        scale: (F,), above 0.
    """

    center: FloatArray
    scale: FloatArray

    def apply(self, values: FloatArray) -> FloatArray:
        """Return (N, F) the scaled values."""
        with np.errstate(over="ignore"):
            return (values - self.center) / self.scale

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"center": self.center.tolist(), "scale": self.scale.tolist()}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedLinearScaler":
        """Return the step that plain values describe."""
        return FittedLinearScaler(np.array(value["center"], dtype=np.float64), np.array(value["scale"], dtype=np.float64))


@dataclass(frozen=True, eq=False)
class FittedQuantileScaler:
    """Takes a value to its share of the training rows, and that to the normal distribution.

    Values outside the range of training become -5.2 or 5.2.

    Args:
        quantiles: (F, Q) quantiles of each column, evenly spaced from 0 to 1, rising.
    """

    quantiles: FloatArray

    @cached_property
    def _shares(self) -> FloatArray:
        return np.linspace(0, 1, self.quantiles.shape[-1])

    @cached_property
    def _ties(self) -> list[tuple[FloatArray, FloatArray]]:
        """Values that span several quantiles, and the middle of the shares that they span, for each column."""
        ties = []
        for column in self.quantiles:
            values, first, counts = np.unique(column, return_index=True, return_counts=True)
            tied = counts > 1
            middle = (self._shares[first] + self._shares[first + counts - 1]) / 2
            ties.append((values[tied], middle[tied]))
        return ties

    def apply(self, values: FloatArray) -> FloatArray:
        """Return (N, F) the scaled values."""
        shares = np.empty_like(values)
        for index, (column, (tied, middle)) in enumerate(zip(values.T, self._ties, strict=True)):
            share = np.interp(column, self.quantiles[index], self._shares)
            if len(tied):
                place = np.minimum(np.searchsorted(tied, column), len(tied) - 1)
                share = np.where(tied[place] == column, middle[place], share)
            shares[:, index] = share
        return np.clip(ndtri(shares), -LARGEST, LARGEST)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"quantiles": self.quantiles.tolist()}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedQuantileScaler":
        """Return the step that plain values describe."""
        return FittedQuantileScaler(np.array(value["quantiles"], dtype=np.float64))


FittedScaler: TypeAlias = FittedLinearScaler | FittedQuantileScaler


def scaler_from_mapping(value: Mapping[str, Any]) -> FittedScaler:
    """Return the fitted scaler that plain values describe."""
    return FittedQuantileScaler.from_mapping(value) if "quantiles" in value else FittedLinearScaler.from_mapping(value)


def center_and_deviation(values: FloatArray) -> tuple[float, float]:
    """Return the mean and the standard deviation, the latter 1 when all values are equal.

    Example:
        >>> center_and_deviation(np.array([1.0, 3.0]))
        (2.0, 1.0)
    """
    if len(values) == 0:
        return 0.0, 1.0
    if values.min() == values.max():
        return float(values[0]), 1.0  # rounding would make the mean another number
    return float(values.mean()), float(values.std()) or 1.0


def _size(values: FloatArray, how: str) -> tuple[float, float]:
    """Return the center and the scale of one column's known values."""
    if how == "none" or len(values) == 0:
        return 0.0, 1.0
    if how == "standard":
        return center_and_deviation(values)
    lower, middle, upper = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    if upper > lower:
        return middle, upper - lower
    # Most values are equal. Half the range, as Holzmüller et al. 2024 (arXiv 2407.04491, section 3) do; scikit-learn takes 1.
    return middle, float(np.ptp(values)) / 2 or 1.0


def _quantiles(values: FloatArray, num_rows: int) -> FloatArray:
    """Return (Q,) evenly spaced quantiles of one column's known values; zeros when nothing is known."""
    count = max(min(num_rows // ROWS_OF_A_QUANTILE, MAX_QUANTILES), MIN_QUANTILES)
    if len(values) == 0:
        return np.zeros(count)
    return np.maximum.accumulate(np.quantile(values, np.linspace(0, 1, count)))
