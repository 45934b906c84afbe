"""Random kernels: about 10,000 features of fixed patterns, and a ridge on them. Hard to beat on few windows.

The features are MiniRocket's (`kernel_features.py`); the ridge is scikit-learn's RidgeClassifierCV or RidgeCV on standardised
features, its penalty chosen by leave-one-out. A ridge gives no probabilities: they are the softmax of its decision values times
a factor, that of the lowest log loss on the leave-one-out decisions (temperature scaling, Guo et al. 2017, arXiv 1706.04599).
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.kernel_features import KernelFeatures
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape

MAX_ROWS = 8000  # the time of the leave-one-out grows with their cube
PENALTIES = tuple(np.logspace(-3, 3, 10))
LARGE = 1e4  # square of the constant input, as a multiple of a row's mean square
FACTORS = np.logspace(-0.5, 2, 26)  # of decision values, tried for the probabilities


@dataclass
class RandomKernels:
    """The estimator.

    Args:
        shape: of the windows.
        kind: "class" or "number".
        seed: of the windows and channels that are drawn.

    Attributes:
        features: fitted to the training windows.
        ridge: scikit-learn's, behind a scaler.
        factor: of the decision values.
    """

    shape: WindowShape
    kind: str
    seed: int
    features: KernelFeatures = field(init=False)
    ridge: Pipeline = field(init=False)
    factor: float = field(default=1.0, init=False)

    @property
    def classes_(self) -> IntArray:
        """Return the classes seen in training."""
        return self.ridge[-1].classes_

    def fit(self, matrix: FloatArray, target: FloatArray) -> "RandomKernels":
        """Learn from windows (N, C * L) and classes or quantities (N,), and return itself."""
        self.features = KernelFeatures.fit(matrix, self.shape, self.seed)
        own = RidgeCV(PENALTIES) if self.kind == "number" else RidgeClassifierCV(PENALTIES)
        self.ridge = make_pipeline(StandardScaler(), own)
        inputs = self.features.apply(matrix)
        self.ridge.fit(inputs, target)
        if self.kind != "number":
            places = np.searchsorted(self.classes_, target)
            self.factor = best_factor(left_out_decisions(self.ridge[0].transform(inputs), places, own.alpha_), places)
        return self

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Return the predicted classes or quantities (N,)."""
        return np.asarray(self.ridge.predict(self.features.apply(matrix)))

    def predict_proba(self, matrix: FloatArray) -> FloatArray:
        """Return the probabilities (N, K) of the classes seen in training."""
        decisions = self.ridge.decision_function(self.features.apply(matrix))
        if decisions.ndim == 1:  # scikit-learn gives one column for two classes
            decisions = np.stack([-decisions, decisions], axis=1)
        return np.asarray(softmax(self.factor * decisions, axis=1))


def left_out_decisions(inputs: FloatArray, places: IntArray, penalty: float) -> FloatArray:
    """Return what the ridge would say of each row had it not been trained on it: (N, F), (N,) to (N, K).

    Targets are 1 for a row's class and -1 for the others. With G = X X' + penalty I and c = inv(G) y, the answer to a row that
    was left out is y - c / diag(inv(G)) (Rifkin & Lippert 2007, Notes on Regularized Least Squares, section 4). The constant is
    a further input, so large that its weight is hardly penalised.
    """
    target = np.where(places[:, None] == np.arange(places.max() + 1), 1.0, -1.0)
    wide = inputs.astype(np.float64)
    constant = LARGE * max(1.0, float((wide**2).sum() / len(wide)))
    inverse = np.linalg.inv(wide @ wide.T + constant + penalty * np.eye(len(wide)))
    return np.asarray(target - (inverse @ target) / np.diag(inverse)[:, None])


def best_factor(decisions: FloatArray, places: IntArray) -> float:
    """Return the factor of decision values (N, K) whose softmax has the lowest log loss."""
    rows = np.arange(len(places))
    losses = [-log_softmax(factor * decisions, axis=1)[rows, places].mean() for factor in FACTORS]
    return float(FACTORS[int(np.argmin(losses))])


def build(table: TrainTable, seed: int) -> RandomKernels:
    """Return the estimator for the windows of a table."""
    return RandomKernels(table.shape, table.kind, seed)


BASELINES = {
    "random kernels": Baseline(
        build,
        ("class", "number"),
        simplicity=6,
        sentence="Counts how often 10,000 fixed patterns are met in a window, and adds the counts up, each times a weight.",
        encoding="windows",
        max_rows=lambda num_classes: MAX_ROWS,
        growth=2.0,
    )
}
