"""Decision tree: a chain of yes-no questions about single inputs.

scikit-learn's defaults, so that it grows until every leaf is pure.
"""

from typing import Any

from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from espalier.core.batch import FloatArray
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import Matrix, TrainTable


def build(table: TrainTable, seed: int) -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return the tree for this kind of target."""
    if table.kind == "number":
        return DecisionTreeRegressor(random_state=seed)
    if table.kind == "count":
        criterion = "poisson" if table.target.sum() > 0 else "squared_error"  # Poisson needs one event at least
        return DecisionTreeRegressor(criterion=criterion, random_state=seed)
    return DecisionTreeClassifier(random_state=seed)


def rows_of_leaf(estimator: Any, matrix: Matrix) -> FloatArray:  # noqa: ANN401  scikit-learn has no types
    """Return for each row how many training rows share its leaf."""
    return estimator.tree_.n_node_samples[estimator.apply(matrix)]


BASELINES = {
    "decision tree": Baseline(
        build,
        ("class", "number", "count", "labels"),
        simplicity=3,
        sentence="Asks one yes-no question about an input after another.",
        votes=rows_of_leaf,
        growth=1.2,
        labels_at_once=True,
    )
}
