"""Metric: one number that says how good predictions are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.core.errors import InputError

Compute: TypeAlias = Callable[[FloatArray, Prediction, FloatArray], FloatArray]
Needs: TypeAlias = Literal["values", "probabilities", "quantiles", "boxes"]


def always(target: FloatArray) -> bool:
    """Return True: the metric has a meaning for every target."""
    return True


def varied(target: FloatArray) -> bool:
    """Return whether a target has more than one value or class."""
    return bool(len(target)) and bool((target != target[0]).any())


@dataclass(frozen=True)
class Metric:
    """One number that says how good predictions are.

    Args:
        name: as it stands in score cards, for example "roc_auc".
        compute: from target, prediction and row weights to the number. Weights are (N,) or (N, R), one column for each of R
            weightings at once; the result is () or (R,), and NaN where the metric has no meaning.
        higher_is_better: direction.
        sentence: what it says, for a newcomer.
        legal: whether the metric has a meaning for a target.
        needs: the part of a prediction that it reads.
        vectorised: `compute` takes weights (N, R); when False it is called once for each column.

    Shapes:
        target: (N,) class index or quantity in the person's units; (N, K) 0 or 1 for labels.
    """

    name: str
    compute: Compute
    higher_is_better: bool
    sentence: str
    legal: Callable[[FloatArray], bool] = always
    needs: Needs = "values"
    vectorised: bool = True

    def measure(self, target: FloatArray, prediction: Prediction, weight: FloatArray | None = None) -> float:
        """Return the metric, or NaN where it has no meaning.

        Args:
            target: (N,) or (N, K), the truth.
            prediction: for the same rows in the same order.
            weight: (N,) how much each row counts, 0 or more; None counts every row once.

        Raises:
            InputError: lengths that differ, or a prediction without the part that the metric reads.
        """
        self.check(target, prediction)
        weights = np.ones(len(target)) if weight is None else np.asarray(weight, dtype=np.float64)
        if weights.shape != (len(target),):
            raise InputError(
                f"Metric {self.name}: weights of shape {weights.shape} for {len(target)} rows; expected one a row."
            )
        return float(self.compute(np.asarray(target), prediction, weights))

    def measure_many(self, target: FloatArray, prediction: Prediction, weights: FloatArray) -> FloatArray:
        """Return the metric under each of several weightings.

        Shapes:
            weights: (N, R), to (R,).
        """
        if self.vectorised:
            return np.asarray(self.compute(target, prediction, weights), dtype=np.float64)
        return np.array([float(self.compute(target, prediction, column)) for column in weights.T])

    def reads(self, prediction: Prediction) -> bool:
        """Return whether the prediction has the part that this metric reads."""
        return getattr(prediction, self.needs) is not None

    def check(self, target: FloatArray, prediction: Prediction) -> None:
        """Raise InputError when target and prediction do not fit each other or this metric."""
        if len(target) != len(prediction.values) or len(target) == 0:
            raise InputError(
                f"Metric {self.name}: {len(target)} targets and {len(prediction.values)} predictions; "
                "expected as many of both, and at least one."
            )
        if not self.reads(prediction):
            raise InputError(f"Metric {self.name} reads {self.needs}, and this prediction has none. Choose another metric.")


def legal_metrics(metrics: Sequence[Metric], target: FloatArray) -> tuple[Metric, ...]:
    """Return the metrics that have a meaning for this target, in their order; the first is the main one."""
    return tuple(metric for metric in metrics if metric.legal(target))


def weighted_mean(rows: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the mean of one number per row under one or many weightings.

    Shapes:
        rows (N,), weight (N,) or (N, R), to () or (R,).

    Example:
        >>> float(weighted_mean(np.array([1.0, 4.0]), np.array([2.0, 1.0])))
        2.0
    """
    return divide(rows.astype(weight.dtype) @ weight, weight.sum(axis=0))


def divide(top: FloatArray, bottom: FloatArray, empty: float = np.nan) -> FloatArray:
    """Return top / bottom, and `empty` where bottom is 0."""
    top, bottom = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    shape = np.broadcast_shapes(top.shape, bottom.shape)
    return np.divide(top, bottom, out=np.full(shape, empty), where=bottom != 0)


def class_indices(values: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return classes that are stored as numbers as indices."""
    return np.asarray(values).astype(np.int64)
