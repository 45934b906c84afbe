"""Principal components: many numbers that move together become a few that do not (Pearson 1901)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.errors import PlanError
from espalier.core.records import TrainRecords
from espalier.data.prepare.numbers import FrameReader


@dataclass(frozen=True)
class Components:
    """Learns the directions in which the numbers vary most.

    Args:
        count: directions kept, at least 1.
    """

    count: int

    def fit(self, train: TrainRecords, read: FrameReader) -> "FittedComponents":
        """Return the fitted step.

        Args:
            train: the training part.
            read: gives the scaled numbers of a frame, (N, F), without missing values.

        Raises:
            PlanError: more components than numbers or rows.
        """
        values = read(train.records.frame)
        if self.count > min(values.shape):
            raise PlanError(
                f"prepare.components is {self.count}; the training part has {values.shape[1]} numbers and {values.shape[0]} "
                f"rows, so at most {min(values.shape)} components. Lower it, or set it to null to keep the numbers."
            )
        center = values.mean(axis=0)
        spread = (values - center).T @ (values - center)
        directions = np.linalg.eigh(spread).eigenvectors[:, ::-1][:, : self.count]
        largest = directions[np.abs(directions).argmax(axis=0), np.arange(self.count)]
        return FittedComponents(center, directions * np.where(largest < 0, -1.0, 1.0))


@dataclass(frozen=True, eq=False)
class FittedComponents:
    """Projects numbers on the kept directions.

    Args:
        center: (F,) mean in training.
        directions: (F, C) of length 1, each with its largest weight above 0, so that the sign is not left to chance.
    """

    center: FloatArray
    directions: FloatArray

    def apply(self, values: FloatArray) -> FloatArray:
        """Return (N, C) the components of (N, F) numbers."""
        return (values - self.center) @ self.directions

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"center": self.center.tolist(), "directions": self.directions.tolist()}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedComponents":
        """Return the step that plain values describe."""
        return FittedComponents(np.array(value["center"], dtype=np.float64), np.array(value["directions"], dtype=np.float64))
