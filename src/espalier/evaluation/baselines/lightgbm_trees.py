"""LightGBM: boosted trees of another make, at their defaults. Needs the extra `boost`.

Paper: Ke et al. 2017, LightGBM: A Highly Efficient Gradient Boosting Decision Tree.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from espalier.core.batch import FloatArray
from espalier.core.errors import missing_extra
from espalier.core.records import IntArray
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import Matrix, TrainTable
from espalier.evaluation.baselines.threads import openmp_threads

MIN_CLASS_ROWS = 2


@dataclass
class WithCategories:
    """An estimator of LightGBM that is told in `fit` which columns are categories.

    Args:
        estimator: LightGBM's.
        columns: positions of the category columns.
    """

    estimator: Any
    columns: list[int]

    def fit(self, matrix: Matrix, target: FloatArray) -> "WithCategories":
        """Train and return itself."""
        self.estimator.fit(matrix, target, categorical_feature=self.columns)
        return self

    def predict(self, matrix: Matrix) -> FloatArray:
        """Return the predicted quantities."""
        return self.estimator.predict(matrix)

    def predict_proba(self, matrix: Matrix) -> FloatArray:
        """Return the probabilities of the classes seen in training."""
        return self.estimator.predict_proba(matrix)

    @property
    def classes_(self) -> IntArray:
        """Return the classes seen in training."""
        return self.estimator.classes_


def installed() -> bool:
    """Return whether the package is there; nothing is imported."""
    return find_spec("lightgbm") is not None


def build(table: TrainTable, seed: int) -> WithCategories:
    """Return LightGBM's estimator for this kind of target.

    Raises:
        MissingExtraError: lightgbm is not installed.
    """
    try:
        from lightgbm import LGBMClassifier, LGBMRegressor
    except ImportError as error:
        raise missing_extra("lightgbm", "boost", "The baseline LightGBM") from error
    num_numbers = table.numbers.shape[1]
    columns = list(range(num_numbers, num_numbers + table.codes.shape[1]))
    threads = openmp_threads(len(table))
    if table.kind in ("number", "count"):
        objective = "poisson" if table.kind == "count" and table.target.sum() > 0 else "regression"
        return WithCategories(LGBMRegressor(objective=objective, n_jobs=threads, verbose=-1, random_state=seed), columns)
    return WithCategories(LGBMClassifier(n_jobs=threads, verbose=-1, random_state=seed), columns)


BASELINES = {
    "LightGBM": Baseline(
        build,
        ("class", "number", "count", "labels"),
        simplicity=8,
        sentence="Boosted trees of another make, that grow leaf by leaf.",
        encoding="codes",
        min_class_rows=MIN_CLASS_ROWS,
        available=installed,
    )
}
