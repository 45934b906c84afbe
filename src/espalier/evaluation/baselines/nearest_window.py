"""Nearest window: answers what the most similar training window has (1-NN, Euclid). The oldest yardstick for series.

Each channel is brought to mean 0 and deviation 1 first: either over the whole training part, so that level counts, or within
each window, so that shape alone does; whichever answers training windows better from the others. Windows of different lengths
are compared step by step from their start; where one has ended, it counts as the mean. One neighbour's class gets half of the
probability, the other half is shared as in the training part.

Paper: Bagnall et al. 2017, The great time series classification bake off, section 2 (1-NN with Euclidean distance).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestNeighbors

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import Matrix, TrainTable
from espalier.evaluation.baselines.window import WindowShape, from_their_start

MAX_ROWS = 50_000  # each prediction looks through all of them
TRIED_ROWS = 1000  # of the training part, that choose between level and shape


@dataclass
class NearestWindow:
    """The estimator.

    Args:
        shape: of the windows.
        nearest: scikit-learn's, of one neighbour.

    Attributes:
        center: (C,) taken off each channel where level counts.
        scale: (C,) each channel is divided by.
        within: whether each window is brought to mean 0 and deviation 1 on its own.
    """

    shape: WindowShape
    nearest: Any
    center: FloatArray = field(default_factory=lambda: np.empty(0), init=False)
    scale: FloatArray = field(default_factory=lambda: np.empty(0), init=False)
    within: bool = field(default=False, init=False)

    @property
    def classes_(self) -> IntArray:
        """Return the classes seen in training."""
        return self.nearest.classes_

    def fit(self, matrix: FloatArray, target: FloatArray) -> "NearestWindow":
        """Keep windows (N, C * L) and their classes or quantities (N,), and return itself."""
        windows = self.shape.windows(matrix)
        self.center, self.scale = (one.ravel() for one in _center_and_scale(windows, (0, 2)))
        if len(matrix) > 1:
            rows = np.linspace(0, len(matrix) - 1, min(len(matrix), TRIED_ROWS)).astype(int)
            wrong = [self._left_out_error(matrix[rows], target[rows], within) for within in (False, True)]
            self.within = wrong[1] < wrong[0]
        self.nearest.fit(self._ready(matrix, self.within), target)
        return self

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Return what the nearest training window has (N,)."""
        return np.asarray(self.nearest.predict(self._ready(matrix, self.within)))

    def predict_proba(self, matrix: FloatArray) -> FloatArray:
        """Return 1 for the class of the nearest training window (N, K)."""
        return np.asarray(self.nearest.predict_proba(self._ready(matrix, self.within)))

    def _left_out_error(self, matrix: FloatArray, target: FloatArray, within: bool) -> float:
        """Return the share of wrong classes, or the squared error, when each window is answered from the others."""
        own = self._ready(matrix, within)
        other = NearestNeighbors(n_neighbors=1).fit(own).kneighbors(return_distance=False)[:, 0]
        gap = target[other] - target
        return float((gap != 0).mean() if isinstance(self.nearest, KNeighborsClassifier) else (gap**2).mean())

    def _ready(self, matrix: FloatArray, within: bool) -> FloatArray:
        """Return scaled windows (N, C * L) float32; steps that a window does not have are 0."""
        windows, _ = from_their_start(self.shape.windows(matrix))
        center, scale = _center_and_scale(windows, 2) if within else (self.center[:, None], self.scale[:, None])
        scaled = (windows - center) / scale
        return np.where(np.isfinite(scaled), scaled, 0).reshape(len(matrix), -1).astype(np.float32)


def _center_and_scale(windows: FloatArray, axes: int | tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    """Return mean and deviation over axes of windows (N, C, L), which stay as axes of length 1; a deviation of 0 is 1."""
    known = np.isfinite(windows)
    count = np.maximum(known.sum(axis=axes, keepdims=True), 1)
    center = np.where(known, windows, 0).sum(axis=axes, keepdims=True, dtype=np.float64) / count
    spread = np.sqrt((np.where(known, windows - center, 0) ** 2).sum(axis=axes, keepdims=True) / count)
    return center, np.where(spread > 0, spread, 1.0)


def build(table: TrainTable, seed: int) -> NearestWindow:
    """Return the neighbour's estimator for this kind of target."""
    return NearestWindow(table.shape, KNeighborsRegressor(1) if table.kind == "number" else KNeighborsClassifier(1))


def neighbours(estimator: Any, matrix: Matrix) -> int:  # noqa: ANN401  scikit-learn has no types
    """Return how many neighbours vote."""
    return 1


BASELINES = {
    "nearest window": Baseline(
        build,
        ("class", "number"),
        simplicity=3,
        sentence="Answers what the most similar training window has.",
        encoding="windows",
        max_rows=lambda num_classes: MAX_ROWS,
        votes=neighbours,
        lazy=True,
    )
}
