"""Support vector machine: the widest gap between classes, or the flattest tube around numbers. For small data only.

scikit-learn's SVC and SVR at their defaults (RBF kernel). Probabilities of classes come from a logistic fitted on held-out
folds (Platt 1999), and a number target is standardised, because the defaults C = 1 and epsilon = 0.1 suppose that.
"""

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.table import TrainTable

MAX_ROWS = 5000  # time grows with the square of the rows at least
MAX_COLUMNS = 1000
NUM_FOLDS = 5  # of the logistic; a class needs a row in each


def build(table: TrainTable, seed: int) -> Any:  # noqa: ANN401  scikit-learn has no types
    """Return the machine for this kind of target."""
    if table.kind == "number":
        return TransformedTargetRegressor(SVR(), transformer=StandardScaler())
    return CalibratedClassifierCV(SVC(random_state=seed), cv=NUM_FOLDS, ensemble=False)


BASELINES = {
    "support vector machine": Baseline(
        build,
        ("class", "number"),
        simplicity=7,
        sentence="Draws the boundary that leaves the widest gap between classes, curved by a kernel.",
        max_rows=lambda num_classes: MAX_ROWS,
        most_rows=MAX_ROWS,
        most_columns=MAX_COLUMNS,
        min_class_rows=NUM_FOLDS,
        growth=2.0,
        lazy=True,
    )
}
