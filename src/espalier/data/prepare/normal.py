"""Normal: a target that says which rows are normal, and which are anomalies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray, Prediction
from espalier.core.records import Records
from espalier.data.prepare.numbers import column_of

CLASSES = ("normal", "anomaly")


@dataclass(frozen=True)
class NormalRows:
    """Normal or not.

    Args:
        column: the target column; None where no column tells, so that all rows count as normal.
        normal: its classes that are normal. A row without one counts as normal too.
    """

    column: str | None
    normal: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the two answers, in the order of their indices."""
        return CLASSES

    def values(self, records: Records) -> FloatArray:
        """Return (N,) 0 for normal rows, 1 for anomalies."""
        if self.column is None:
            return np.zeros(len(records))
        return is_odd(column_of(records.frame, self.column), self.normal).astype(np.float64)

    def restore(self, prediction: Prediction) -> Prediction:
        """Return the prediction as it is."""
        return prediction

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"column": self.column, "normal": list(self.normal)}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "NormalRows":
        """Return the target that plain values describe."""
        return NormalRows(value["column"], tuple(value["normal"]))


def is_odd(column: pl.Series, normal: tuple[str, ...]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return (N,) whether a row's class is none of the normal ones; a row without a class is taken for normal."""
    return np.asarray((~column.cast(pl.String).is_in(list(normal))).fill_null(value=False).to_numpy())
