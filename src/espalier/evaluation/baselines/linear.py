"""Linear model: a weighted sum of the inputs.

Ridge for numbers, logistic regression for classes and labels, Poisson regression for counts.

Differs from scikit-learn's defaults: up to 2,000 iterations instead of 100; in Poisson regression the penalty is 1 over the
number of rows, which is what the defaults of the other two amount to (its objective is a mean over rows, theirs a sum).
"""

from typing import Any

from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import TrainTable

MAX_ITERATIONS = 2000


def build(table: TrainTable, seed: int) -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return the linear estimator for this kind of target."""
    if table.kind == "number":
        return Ridge(random_state=seed)
    if table.kind == "count":
        return PoissonRegressor(alpha=1 / max(1, len(table)), max_iter=MAX_ITERATIONS)
    return LogisticRegression(max_iter=MAX_ITERATIONS, random_state=seed)


BASELINES = {
    "linear model": Baseline(
        build,
        ("class", "number", "count", "labels"),
        simplicity=2,
        sentence="Adds up the inputs, each times a weight of its own.",
    )
}
