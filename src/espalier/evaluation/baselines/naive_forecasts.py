"""Naive forecasts: answers that need no learning. A network that does not beat them has learnt nothing of what is to come.

Book: Hyndman & Athanasopoulos 2021, Forecasting: Principles and Practice, 3rd edition, section 5.2.
Differs: missing steps hold the last value before them; a variable without any value in its window is answered with its mean in
the training part. A window shorter than a season repeats what it has.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from espalier.core.batch import FloatArray
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape, means_of_variables

Rule: TypeAlias = Callable[[FloatArray, FloatArray, WindowShape], FloatArray]


@dataclass
class ByRule:
    """An estimator that continues each window by a rule.

    Args:
        rule: from histories without gaps (N, V, L), the number of steps since the first known one (N, V, 1) and the shape of
            the windows to forecasts (N, V, H).
        shape: of the windows.

    Attributes:
        means: (V,) of the training part, for variables without any value.
    """

    rule: Rule
    shape: WindowShape
    means: FloatArray = field(default_factory=lambda: np.empty(0), init=False)

    def fit(self, matrix: FloatArray, target: FloatArray) -> "ByRule":
        """Learn the means alone, and return itself."""
        self.means = means_of_variables(target, self.shape)
        return self

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Return forecasts (N, V * H) from windows (N, C * L)."""
        known = np.isfinite(self.shape.windows(matrix)[:, : self.shape.num_targets])
        steps = self.shape.length - known.argmax(axis=2, keepdims=True)
        return self.rule(self.shape.histories(matrix, self.means), steps, self.shape).reshape(len(matrix), -1)


def last_value(histories: FloatArray, steps: FloatArray, shape: WindowShape) -> FloatArray:
    """Return the last value at every step: (N, V, L) to (N, V, H)."""
    return np.repeat(histories[:, :, -1:], shape.horizon, axis=2)


def last_season(histories: FloatArray, steps: FloatArray, shape: WindowShape) -> FloatArray:
    """Return what was one season before each step, or several where the horizon is longer: (N, V, L) to (N, V, H)."""
    season = min(shape.season, shape.length)
    return histories[:, :, shape.length - season + np.arange(shape.horizon) % season]


def drift(histories: FloatArray, steps: FloatArray, shape: WindowShape) -> FloatArray:
    """Return the line through the first and the last known value, continued: (N, V, L) to (N, V, H)."""
    rise = (histories[:, :, -1:] - histories[:, :, :1]) / np.maximum(1, steps - 1)
    return histories[:, :, -1:] + rise * np.arange(1, shape.horizon + 1)


def window_mean(histories: FloatArray, steps: FloatArray, shape: WindowShape) -> FloatArray:
    """Return the mean of the known steps of the window, every time: (N, V, L) to (N, V, H)."""
    first = histories[:, :, :1]  # stands before the first known step too, where it must not count
    mean = first + (histories - first).sum(axis=2, keepdims=True) / steps
    return np.repeat(mean, shape.horizon, axis=2)


def by_rule(rule: Rule) -> Callable[[TrainTable, int], ByRule]:
    """Return what builds the estimator of a rule for a table."""
    return lambda table, seed: ByRule(rule, table.shape)


BASELINES = {
    "naive": Baseline(
        by_rule(last_value),
        ("path",),
        simplicity=0,
        sentence="Answers the last known value at every step: tomorrow is as today.",
        encoding="windows",
        trivial=True,
    ),
    "seasonal naive": Baseline(
        by_rule(last_season),
        ("path",),
        simplicity=1,
        sentence="Answers what was one season before: next Monday is as last Monday.",
        encoding="windows",
        seasonal=True,
        trivial=True,
    ),
    "drift": Baseline(
        by_rule(drift),
        ("path",),
        simplicity=1,
        sentence="Continues the line through the first and the last value of the window.",
        encoding="windows",
        trivial=True,
    ),
    "mean of the window": Baseline(
        by_rule(window_mean),
        ("path",),
        simplicity=1,
        sentence="Answers the mean of the window at every step.",
        encoding="windows",
        trivial=True,
    ),
}
