"""Ridge on lags: each step to come is a weighted sum of the last steps, with the same weights for all variables.

Each variable's history is taken relative to its last value and divided by the variable's deviation, so that one model serves
variables of any level and scale (the last value is added again: NLinear's normalisation, Zeng et al. 2022, arXiv 2205.13504).
Where windows of one variable differ widely in size, as in a panel of many series, each is divided by its own deviation instead.
Solved in closed form, which is as good as or better than the same model trained by gradient descent (Toner & Darlow 2024,
arXiv 2403.14587). The penalty is chosen on the last fifth of the training rows, with rows as long as the horizon left out
before it, because rows that overlap would favour no penalty; then all rows are learnt from.
"""

from dataclasses import dataclass, field

import numpy as np

from espalier.core.batch import FloatArray
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape, means_of_variables

PENALTIES = tuple(10.0**power for power in range(-7, 2))  # times the number of rows
VALID_FRACTION = 0.2  # of the rows, the last ones, that choose the penalty
WIDE = 10.0  # 95 % quantile of the windows' deviations over their 5 % quantile, above which each has its own
CHUNK_ROWS = 4096  # turned to float64 at once


@dataclass(frozen=True)
class Moments:
    """Sums over rows from which least squares are solved, and the error of any weights is known.

    Args:
        gram: (F, F) sums of products of inputs.
        cross: (F, H) sums of inputs times targets.
        square: sum of squared targets.
        num_rows: rows in the sums.
    """

    gram: FloatArray
    cross: FloatArray
    square: float
    num_rows: int

    def __add__(self, other: "Moments") -> "Moments":
        """Return the sums over the rows of both."""
        return Moments(
            self.gram + other.gram, self.cross + other.cross, self.square + other.square, self.num_rows + other.num_rows
        )

    def weights(self, penalty: float) -> FloatArray:
        """Return (F, H) the weights of ridge regression; the last input is the constant, which is not penalised."""
        ridge = np.full(len(self.gram), penalty * max(1, self.num_rows))
        ridge[-1] = 1e-9 * max(1, self.num_rows)  # keeps a table without rows solvable
        return np.asarray(np.linalg.solve(self.gram + np.diag(ridge), self.cross))

    def error(self, weights: FloatArray) -> float:
        """Return the sum of squared errors of weights."""
        return self.square - 2 * float((weights * self.cross).sum()) + float((weights * (self.gram @ weights)).sum())


@dataclass
class RidgeOnLags:
    """The estimator.

    Args:
        shape: of the windows.

    Attributes:
        means: (V,) of the targets, for variables without any value in a window.
        scales: (V,) deviation of each variable's history from its last value.
        each: whether each window is divided by its own deviation.
        weights: (F, H) of the lags and the constant.
        penalty: the one that was chosen.
    """

    shape: WindowShape
    means: FloatArray = field(default_factory=lambda: np.empty(0), init=False)
    scales: FloatArray = field(default_factory=lambda: np.empty(0), init=False)
    each: bool = field(default=False, init=False)
    weights: FloatArray = field(default_factory=lambda: np.empty((0, 0)), init=False)
    penalty: float = field(default=0.0, init=False)

    def fit(self, matrix: FloatArray, target: FloatArray) -> "RidgeOnLags":
        """Learn from windows (N, C * L) and targets (N, V * H), and return itself; unknown targets are left out."""
        self.means = means_of_variables(target, self.shape)
        self._fit_scales(matrix)
        num_valid = int(VALID_FRACTION * len(matrix))
        end = len(matrix) - num_valid
        start = max(0, end - self.shape.horizon)
        head, gap, tail = (
            self._moments(matrix[one], target[one]) for one in (slice(0, start), slice(start, end), slice(end, len(matrix)))
        )
        if head.num_rows and tail.num_rows:
            self.penalty = min(PENALTIES, key=lambda one: tail.error(head.weights(one)))
        else:
            self.penalty = 1.0  # too few rows to choose
        self.weights = (head + gap + tail).weights(self.penalty)
        return self

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Return forecasts (N, V * H) from windows (N, C * L)."""
        parts = [self._answer(matrix[start : start + CHUNK_ROWS]) for start in range(0, len(matrix), CHUNK_ROWS)]
        return np.concatenate(parts)

    def _answer(self, matrix: FloatArray) -> FloatArray:
        inputs, last, scale = self._lags(matrix)
        paths = inputs @ self.weights * scale + last
        return np.asarray(paths.reshape(len(matrix), -1))

    def _lags(self, matrix: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return scaled lags with a constant (N, V, F), the last values (N, V, 1) and what lags are divided by."""
        gaps, last = self._gaps(matrix)
        scale = self.scales[:, None]
        if self.each:
            own = _deviations(gaps)[..., None]
            scale = np.where(own > 0, own, scale)
        lags = gaps / scale
        lags[:, :, -1] = 1.0  # the last value less itself says nothing: the constant takes its place
        return lags, last, scale

    def _gaps(self, matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the lags less the last value (N, V, F), and the last values (N, V, 1)."""
        histories = self.shape.histories(matrix, self.means)[:, :, -self.shape.num_lags :]
        last = histories[:, :, -1:]
        return histories - last, last

    def _moments(self, matrix: FloatArray, target: FloatArray) -> Moments:
        """Return the sums over all variables of some rows whose targets are fully known."""
        num_lags, horizon = self.shape.num_lags, self.shape.horizon
        total = Moments(np.zeros((num_lags, num_lags)), np.zeros((num_lags, horizon)), 0.0, 0)
        for start in range(0, len(matrix), CHUNK_ROWS):
            lags, last, scale = self._lags(matrix[start : start + CHUNK_ROWS])
            paths = (self.shape.paths(target[start : start + CHUNK_ROWS]) - last) / scale
            for index in range(self.shape.num_targets):
                known = np.isfinite(paths[:, index]).all(axis=1)
                one, answer = lags[known, index], paths[known, index]
                total += Moments(one.T @ one, one.T @ answer, float((answer**2).sum()), len(one))
        return total

    def _fit_scales(self, matrix: FloatArray) -> None:
        """Set the deviation of each variable, the root of the mean square over windows, and whether windows need their own."""
        starts = range(0, len(matrix), CHUNK_ROWS)
        own = np.concatenate([_deviations(self._gaps(matrix[start : start + CHUNK_ROWS])[0]) for start in starts])
        size = np.sqrt((own**2).mean(axis=0))
        self.scales = np.where(size > 0, size, 1.0)
        low, high = np.quantile(own, [0.05, 0.95], axis=0)
        self.each = bool(((high > WIDE * low) & (low > 0)).any())


def _deviations(gaps: FloatArray) -> FloatArray:
    """Return how far lags are from the last value, the root of the mean square: (N, V, F) to (N, V)."""
    return np.asarray(np.sqrt((gaps**2).mean(axis=2)))


def build(table: TrainTable, seed: int) -> RidgeOnLags:
    """Return the estimator for the windows of a table."""
    return RidgeOnLags(table.shape)


BASELINES = {
    "ridge on lags": Baseline(
        build,
        ("path",),
        simplicity=2,
        sentence="Adds up the last steps, each times a weight of its own, the same for all variables.",
        encoding="windows",
    )
}
