"""Own history: how a statistical method that learns from one series alone continues each window.

The method is fitted anew on every variable of every window when it is asked, so that each forecast knows all steps up to its
origin and nothing of other rows. That takes a tenth of a second and more for each, so these baselines are left out where there
are many (`Baseline.most_forecasts`).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TypeAlias

import numpy as np

from espalier.core.batch import FloatArray
from espalier.evaluation.baselines.window import WindowShape, means_of_variables

Method: TypeAlias = Callable[[FloatArray, WindowShape], FloatArray]

MIN_STEPS = 10  # of a history; with fewer, and where all are equal, the last value is the forecast


@dataclass
class ByOwnHistory:
    """An estimator that fits a method to each history.

    Args:
        method: from the known steps (T,), T >= MIN_STEPS, not all equal, without gaps, and the shape of the windows to
            forecasts (H,); not finite where it cannot continue the history, which is then answered with its last value.
        shape: of the windows.

    Attributes:
        means: (V,) of the training part, for variables without any value.
    """

    method: Method
    shape: WindowShape
    means: FloatArray = field(default_factory=lambda: np.empty(0), init=False)

    def fit(self, matrix: FloatArray, target: FloatArray) -> "ByOwnHistory":
        """Learn the means alone, and return itself."""
        self.means = means_of_variables(target, self.shape)
        return self

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Return forecasts (N, V * H) from windows (N, C * L)."""
        histories = self.shape.histories(matrix, self.means)
        starts = np.isfinite(self.shape.windows(matrix)[:, : self.shape.num_targets]).argmax(axis=2)
        paths = np.repeat(histories[:, :, -1:], self.shape.horizon, axis=2)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of optimisers that stop early: their forecasts stand
            for row, variable in np.ndindex(starts.shape):
                steps = histories[row, variable, starts[row, variable] :]
                if len(steps) >= MIN_STEPS and np.ptp(steps) > 0:
                    path = self.method(steps, self.shape)
                    paths[row, variable] = path if np.isfinite(path).all() else steps[-1]
        return paths.reshape(len(matrix), -1)


def season_of(steps: FloatArray, shape: WindowShape) -> int:
    """Return the season that a history of known steps can tell: it must hold two of them at least; 1 for none."""
    return shape.season if 1 < shape.season <= len(steps) // 2 else 1


def statsmodels_installed() -> bool:
    """Return whether the package is there; nothing is imported."""
    return find_spec("statsmodels") is not None
