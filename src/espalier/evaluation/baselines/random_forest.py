"""Random forest: the mean of 100 decision trees, each on rows drawn anew. scikit-learn's defaults.

Paper: Breiman 2001, Random Forests.
Differs: at most 100,000 rows, fewer with many classes, because its fully grown trees would fill the memory.
"""

from typing import Any

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import Matrix, TrainTable
from espalier.evaluation.baselines.threads import num_threads

MAX_ROWS = 100_000
MAX_VALUES = 1_000_000  # rows times classes: about 1 GB of trees


def build(table: TrainTable, seed: int) -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return the forest for this kind of target."""
    threads = num_threads()
    if table.kind == "number":
        return RandomForestRegressor(random_state=seed, n_jobs=threads)
    if table.kind == "count":
        criterion = "poisson" if table.target.sum() > 0 else "squared_error"  # Poisson needs one event at least
        return RandomForestRegressor(criterion=criterion, random_state=seed, n_jobs=threads)
    return RandomForestClassifier(random_state=seed, n_jobs=threads)


def trees(estimator: Any, matrix: Matrix) -> int:  # noqa: ANN401  scikit-learn has no types
    """Return how many trees vote."""
    return int(estimator.n_estimators)


BASELINES = {
    "random forest": Baseline(
        build,
        ("class", "number", "count", "labels"),
        simplicity=5,
        sentence="Averages 100 decision trees, each grown on rows and inputs drawn at random.",
        max_rows=lambda num_classes: min(MAX_ROWS, MAX_VALUES // max(1, num_classes)),
        votes=trees,
        growth=1.2,
        labels_at_once=True,
    )
}
