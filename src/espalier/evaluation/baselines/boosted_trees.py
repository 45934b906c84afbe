"""Boosted trees: trees in a row, each correcting the ones before. scikit-learn's HistGradientBoosting at its defaults.

Above 10,000 rows it keeps a tenth of them to stop early. Category codes with up to 255 levels are read as categories.
"""

from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import TrainTable

MAX_LEVELS = 255  # of a category column; with more, its codes are read as numbers
MIN_CLASS_ROWS = 2  # its own validation part is stratified


def build(table: TrainTable, seed: int) -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return the boosted trees for this kind of target."""
    numbers = [False] * table.numbers.shape[1]
    categories = numbers + [cardinality <= MAX_LEVELS for cardinality in table.cardinalities]
    if table.kind == "number":
        return HistGradientBoostingRegressor(categorical_features=categories, random_state=seed)
    if table.kind == "count":
        loss = "poisson" if table.target.sum() > 0 else "squared_error"  # Poisson needs one event at least
        return HistGradientBoostingRegressor(loss, categorical_features=categories, random_state=seed)
    return HistGradientBoostingClassifier(categorical_features=categories, random_state=seed)


BASELINES = {
    "boosted trees": Baseline(
        build,
        ("class", "number", "count", "labels"),
        simplicity=6,
        sentence="Adds up small decision trees, each correcting what the ones before got wrong.",
        encoding="codes",
        min_class_rows=MIN_CLASS_ROWS,
    )
}
