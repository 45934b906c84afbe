"""Boosted trees on lags: one model for every variable and every step to come, told how far ahead the step is.

It reads the last steps, the values one and two seasons before the step to come, mean and deviation of the window and the number
of steps ahead; values are taken relative to the last one and divided by the window's deviation, because trees cannot continue
beyond what they have seen. scikit-learn's HistGradientBoosting at its defaults (Ke et al. 2017 describe its kind).
"""

from dataclasses import dataclass, field

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import Matrix, TrainTable
from espalier.evaluation.baselines.window import WindowShape, means_of_variables

MAX_LAGS = 48  # last steps that it reads
MAX_CELLS = 100_000  # steps of variables that it is trained on, drawn at random
CHUNK_CELLS = 200_000  # predicted at once


@dataclass
class TreesOnLags:
    """The estimator.

    Args:
        shape: of the windows.
        seed: of the cells drawn, and of the trees.

    Attributes:
        means: (V,) of the targets, for variables without any value in a window.
        trees: scikit-learn's estimator.
    """

    shape: WindowShape
    seed: int
    means: FloatArray = field(default_factory=lambda: np.empty(0), init=False)
    trees: HistGradientBoostingRegressor = field(init=False)

    def __post_init__(self) -> None:
        self.trees = HistGradientBoostingRegressor(random_state=self.seed)

    def fit(self, matrix: FloatArray, target: FloatArray) -> "TreesOnLags":
        """Learn from windows (N, C * L) and targets (N, V * H), and return itself; unknown targets are left out."""
        self.means = means_of_variables(target, self.shape)
        known = np.flatnonzero(np.isfinite(target))
        if len(known) > MAX_CELLS:
            known = np.sort(np.random.default_rng(self.seed).choice(known, MAX_CELLS, replace=False))
        rows, cells = np.divmod(known, target.shape[1])
        drawn, place = np.unique(rows, return_inverse=True)
        histories = self.shape.histories(matrix[drawn], self.means)
        inputs, last, scale = self._inputs(histories, place, cells)
        self.trees.fit(inputs, (target[rows, cells] - last) / scale)
        return self

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Return forecasts (N, V * H) from windows (N, C * L)."""
        width = self.shape.num_targets * self.shape.horizon
        size = max(1, CHUNK_CELLS // width)
        parts = []
        for start in range(0, len(matrix), size):
            histories = self.shape.histories(matrix[start : start + size], self.means)
            rows, cells = np.divmod(np.arange(len(histories) * width), width)
            inputs, last, scale = self._inputs(histories, rows, cells)
            parts.append((self.trees.predict(inputs) * scale + last).reshape(-1, width))
        return np.concatenate(parts)

    def _inputs(self, histories: FloatArray, rows: IntArray, cells: IntArray) -> tuple[Matrix, FloatArray, FloatArray]:
        """Return inputs (M, F), last values (M,) and deviations (M,) of M cells: row, and variable times H plus step."""
        variable, step = np.divmod(cells, self.shape.horizon)
        past = histories[:, :, -self.shape.num_lags :]
        last, spread = past[:, :, -1], past.std(axis=2)
        spread = np.where(spread > 0, spread, 1.0)
        lags = (past[:, :, -min(MAX_LAGS, past.shape[2]) :] - last[..., None]) / spread[..., None]
        mean = (past.mean(axis=2) - last) / spread
        before = [self._season_before(histories, rows, variable, step, count) for count in (1, 2)]
        own, size = last[rows, variable], spread[rows, variable]
        columns = [lags[rows, variable], mean[rows, variable], np.log(size), step, *((one - own) / size for one in before)]
        inputs = np.column_stack(columns).astype(np.float32)
        return inputs, own, size

    def _season_before(
        self, histories: FloatArray, rows: IntArray, variable: IntArray, step: IntArray, count: int
    ) -> FloatArray:
        """Return the value some seasons before the step to come, the nearest that is known; the first where none is."""
        season = self.shape.season
        back = season * (step // season + count) - step  # steps before the first one to come
        return np.asarray(histories[rows, variable, np.maximum(self.shape.length - back, 0)])


def build(table: TrainTable, seed: int) -> TreesOnLags:
    """Return the estimator for the windows of a table."""
    return TreesOnLags(table.shape, seed)


BASELINES = {
    "boosted trees on lags": Baseline(
        build,
        ("path",),
        simplicity=6,
        sentence="Adds up small decision trees that read the last steps and how far ahead to look.",
        encoding="windows",
    )
}
