"""Answers that ignore the inputs: the class shares, the mean, the median. A network that is no better has learnt nothing."""

from typing import Any

from sklearn.dummy import DummyClassifier, DummyRegressor

from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import TrainTable


def build_majority(table: TrainTable, seed: int) -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return the estimator that answers the most frequent class, with the class shares as probabilities."""
    return DummyClassifier(strategy="prior", random_state=seed)


def build_mean(table: TrainTable, seed: int) -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return the estimator that answers the mean, the best constant for squared errors and for Poisson deviance."""
    return DummyRegressor(strategy="mean")


def build_median(table: TrainTable, seed: int) -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return the estimator that answers the median, the best constant for absolute errors."""
    return DummyRegressor(strategy="median")


BASELINES = {
    "majority class": Baseline(
        build_majority,
        ("class", "labels"),
        simplicity=0,
        sentence="Always answers the most frequent class, with the class shares as probabilities.",
        encoding="none",
        labels_at_once=True,
        trivial=True,
    ),
    "mean": Baseline(
        build_mean, ("number", "count"), simplicity=0, sentence="Always answers the mean.", encoding="none", trivial=True
    ),
    "median": Baseline(
        build_median, ("number",), simplicity=1, sentence="Always answers the median.", encoding="none", trivial=True
    ),
}
