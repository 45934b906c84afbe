"""K nearest neighbours: answers what the 5 most similar training rows have. scikit-learn's defaults."""

from typing import Any

from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import Matrix, TrainTable

NUM_NEIGHBOURS = 5
MAX_ROWS = 50_000  # each prediction looks through all of them
MAX_COLUMNS = 1000  # with more, all rows are about equally far from each other


def build(table: TrainTable, seed: int) -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return the neighbours' estimator for this kind of target."""
    num_neighbours = min(NUM_NEIGHBOURS, len(table))
    if table.kind in ("number", "count"):
        return KNeighborsRegressor(num_neighbours)
    return KNeighborsClassifier(num_neighbours)


def neighbours(estimator: Any, matrix: Matrix) -> int:  # noqa: ANN401  scikit-learn has no types
    """Return how many neighbours vote."""
    return int(estimator.n_neighbors)


BASELINES = {
    "k nearest neighbours": Baseline(
        build,
        ("class", "number", "count", "labels"),
        simplicity=4,
        sentence=f"Answers what the {NUM_NEIGHBOURS} most similar training rows have.",
        max_rows=lambda num_classes: MAX_ROWS,
        most_columns=MAX_COLUMNS,
        votes=neighbours,
        lazy=True,
        labels_at_once=True,
    )
}
