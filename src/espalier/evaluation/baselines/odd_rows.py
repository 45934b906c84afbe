"""Scores of odd rows by how they lie among the normal ones: by their statistics, or by all their steps.

Each is fitted on normal rows alone and answers a score of 0 or more, higher for odd rows; the level of an alarm is chosen for
each as it is for the network. What a row lacks counts as the mean.

Papers: Liu, Ting & Zhou 2008, Isolation Forest; Breunig et al. 2000, LOF: Identifying Density-Based Local Outliers (both
scikit-learn's at their defaults, LOF for new rows); Jackson & Mudholkar 1979, Control Procedures for Residuals Associated With
Principal Component Analysis (the residual, with as many components as hold 95 % of the variance).
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

from espalier.core.batch import FloatArray
from espalier.evaluation.anomaly.z_score import center_and_scale, z_score
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape

MAX_ROWS = 20_000  # of those that look through all rows for each answer
NEIGHBOURS = 20  # of the local density, scikit-learn's default
HELD = 0.95  # of the variance, by principal components


class Scorer(Protocol):
    """Tells how odd rows are, once it has seen normal ones."""

    def fit(self, normal: FloatArray) -> object:
        """Look at normal rows (N, F)."""

    def score(self, rows: FloatArray) -> FloatArray:
        """Return (N,) 0 or more, higher for odd rows."""


@dataclass
class OddRows:
    """The estimator: statistics are brought to mean 0 and deviation 1 of the normal rows, steps to mean 0, and scored.

    Args:
        scorer: of scaled rows.
        shape: of windows, of which the last steps are read; None where rows are statistics.

    Attributes:
        center, scale: (F,) of the normal rows.
    """

    scorer: Scorer
    shape: WindowShape | None = None
    center: FloatArray = field(default_factory=lambda: np.empty(0), init=False)
    scale: FloatArray = field(default_factory=lambda: np.empty(0), init=False)

    def fit(self, matrix: FloatArray, target: FloatArray) -> "OddRows":
        """Look at the normal rows (N, F) of a training part, and return itself."""
        normal = self._read(matrix)[target == 0].astype(np.float64)
        self.center, scale = center_and_scale(normal)
        self.scale = scale if self.shape is None else np.ones_like(scale)  # steps are in one unit
        self.scorer.fit(self._ready(normal))
        return self

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Return how odd each row is (N,)."""
        return np.maximum(self.scorer.score(self._ready(self._read(matrix))), 0)

    def _read(self, matrix: FloatArray) -> FloatArray:
        if self.shape is None:
            return matrix
        return self.shape.windows(matrix)[:, :, -self.shape.num_lags :].reshape(len(matrix), -1)

    def _ready(self, matrix: FloatArray) -> FloatArray:
        return np.nan_to_num((matrix - self.center) / self.scale)


@dataclass
class ZScore:
    """The largest distance of a number from its mean, in deviations."""

    normal: FloatArray = field(default_factory=lambda: np.empty((0, 0)), init=False)

    def fit(self, normal: FloatArray) -> None:
        """Keep the normal rows."""
        self.normal = normal

    def score(self, rows: FloatArray) -> FloatArray:
        """Return the largest distance of each row."""
        return z_score(self.normal, rows)


@dataclass
class Residual:
    """What principal components of the normal rows leave of a row: the root mean square."""

    components: Any

    def fit(self, normal: FloatArray) -> None:
        """Find the components."""
        self.components.fit(normal)

    def score(self, rows: FloatArray) -> FloatArray:
        """Return the residual of each row."""
        written = self.components.inverse_transform(self.components.transform(rows))
        return np.asarray(np.sqrt(((rows - written) ** 2).mean(axis=1)))


@dataclass
class Distance:
    """The distance to the nearest normal row."""

    nearest: Any

    def fit(self, normal: FloatArray) -> None:
        """Keep the normal rows."""
        self.nearest.fit(normal.astype(np.float32))

    def score(self, rows: FloatArray) -> FloatArray:
        """Return the distance of each row."""
        return np.asarray(self.nearest.kneighbors(rows.astype(np.float32))[0][:, 0], dtype=np.float64)


@dataclass
class Outlier:
    """One of scikit-learn's scores, turned so that odd rows score high."""

    model: Any

    def fit(self, normal: FloatArray) -> None:
        """Fit the model."""
        self.model.fit(normal)

    def score(self, rows: FloatArray) -> FloatArray:
        """Return the score of each row."""
        return np.asarray(-self.model.score_samples(rows), dtype=np.float64)


@dataclass
class LastSeason:
    """How far a stretch is from the season before it, step by step: the root mean square.

    Args:
        shape: of the stretches.
    """

    shape: WindowShape

    def fit(self, matrix: FloatArray, target: FloatArray) -> "LastSeason":
        """Return itself: a season is compared with the one before it."""
        return self

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Return how odd each row is (N,)."""
        windows, season = self.shape.windows(matrix).astype(np.float64), min(self.shape.season, self.shape.length - 1)
        squares = (windows[:, :, season:] - windows[:, :, :-season]) ** 2
        known = np.isfinite(squares)
        return np.asarray(np.sqrt(np.where(known, squares, 0).sum(axis=(1, 2)) / np.maximum(known.sum(axis=(1, 2)), 1)))


def _rows_at_most(num_classes: int) -> int:
    return MAX_ROWS


def _forest(table: TrainTable, seed: int) -> OddRows:
    return OddRows(Outlier(IsolationForest(random_state=seed)))


def _density(table: TrainTable, seed: int) -> OddRows:
    return OddRows(Outlier(LocalOutlierFactor(min(NEIGHBOURS, max(len(table) - 1, 1)), novelty=True)))


BASELINES = {
    "z-score": Baseline(
        lambda table, seed: OddRows(ZScore()),
        ("anomaly",),
        simplicity=0,
        sentence="Takes the statistic of a window that is the most deviations away from its mean.",
    ),
    "seasonal residual": Baseline(
        lambda table, seed: LastSeason(table.shape),
        ("anomaly",),
        simplicity=1,
        sentence="Takes how far a stretch is from one season before.",
        encoding="windows",
        seasonal=True,
    ),
    "principal components": Baseline(
        lambda table, seed: OddRows(Residual(PCA(HELD, svd_solver="full")), table.shape),
        ("anomaly",),
        simplicity=2,
        sentence="Takes what the principal components of normal windows leave of a window.",
        encoding="windows",
        max_rows=_rows_at_most,
    ),
    "nearest normal window": Baseline(
        lambda table, seed: OddRows(Distance(NearestNeighbors(n_neighbors=1)), table.shape),
        ("anomaly",),
        simplicity=3,
        sentence="Takes the distance to the nearest normal window.",
        encoding="windows",
        max_rows=_rows_at_most,
        lazy=True,
    ),
    "isolation forest": Baseline(
        _forest,
        ("anomaly",),
        simplicity=4,
        sentence="Counts how few random cuts set the statistics of a window apart from the normal ones.",
    ),
    "local outliers": Baseline(
        _density,
        ("anomaly",),
        simplicity=5,
        sentence="Compares how dense normal windows lie around a window and around its neighbours, by their statistics.",
        max_rows=_rows_at_most,
        lazy=True,
    ),
}
