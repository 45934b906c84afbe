"""What flows through a loop: batches in, steps out, predictions at the end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from torch import Tensor

from espalier.core.records import IntArray

FloatArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples, ready for a model.

    Args:
        inputs: what the model is called with: `model(*batch.inputs)`; each (B, ...).
        target: (B,) or (B, K), or None when only predicting.
        rows: (B,) int64, the source row of each example, or None when nobody asked for it.
    """

    inputs: tuple[Tensor, ...]
    target: Tensor | None = None
    rows: Tensor | None = None


@runtime_checkable
class Batches(Protocol):
    """Examples in batches, the same ones in the same order whenever the same epoch is asked for."""

    def __len__(self) -> int:
        """Return the number of batches in one epoch."""

    def epoch(self, index: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of epoch `index` (from 0), leaving out the first `start`."""


@dataclass(frozen=True)
class Prediction:
    """What a model says about some rows, in the person's units.

    Args:
        rows: (N,) int64, the source rows.
        values: (N,) the predicted class (an index) or the predicted quantity.
        probabilities: (N, K) for classes, rows summing to one (multi-label: each in 0 to 1); else None.
        quantiles: (N, Q) for quantile regression, in the order of the task's quantiles; else None.
        boxes: (N, 4) left, top, right and bottom of what is seen, as shares of the picture that the network reads; else None.
    """

    rows: IntArray
    values: FloatArray
    probabilities: FloatArray | None = None
    quantiles: FloatArray | None = None
    boxes: FloatArray | None = None

    def take(self, index: IntArray) -> "Prediction":
        """Return the predictions at these positions."""
        return Prediction(
            self.rows[index],
            self.values[index],
            None if self.probabilities is None else self.probabilities[index],
            None if self.quantiles is None else self.quantiles[index],
            None if self.boxes is None else self.boxes[index],
        )


def join(parts: Iterable[Prediction]) -> Prediction:
    """Return the predictions of several batches as one."""
    first, *rest = parts
    every = [first, *rest]
    return Prediction(
        np.concatenate([part.rows for part in every]),
        np.concatenate([part.values for part in every]),
        None if first.probabilities is None else np.concatenate([part.probabilities for part in every]),
        None if first.quantiles is None else np.concatenate([part.quantiles for part in every]),
        None if first.boxes is None else np.concatenate([part.boxes for part in every]),
    )
