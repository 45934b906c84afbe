"""Theta: half the slope of the line through a series, and exponential smoothing, by statsmodels. Needs the extra `series`.

The season, where a test finds one, is taken out before and put in again.

Paper: Assimakopoulos & Nikolopoulos 2000, The theta model, the best method of the M3 competition; Hyndman & Billah 2003,
Unmasking the Theta method (the form that is computed).
"""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.errors import missing_extra
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.own_history import ByOwnHistory, season_of, statsmodels_installed
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape

MOST_FORECASTS = 3000  # about 0.03 s each


def build(table: TrainTable, seed: int) -> ByOwnHistory:
    """Return the estimator for the windows of a table.

    Raises:
        MissingExtraError: statsmodels is not installed.
    """
    try:
        from statsmodels.tsa.forecasting.theta import ThetaModel
    except ImportError as error:
        raise missing_extra("statsmodels", "series", "The baseline Theta") from error

    def halve(steps: FloatArray, shape: WindowShape) -> FloatArray:
        season = season_of(steps, shape)
        fitted = ThetaModel(steps, period=season, deseasonalize=season > 1).fit()
        return np.asarray(fitted.forecast(shape.horizon))

    return ByOwnHistory(halve, table.shape)


BASELINES = {
    "Theta": Baseline(
        build,
        ("path",),
        simplicity=3,
        sentence="Smooths each series and adds half the slope of the line through it (the best method of the M3 competition).",
        encoding="windows",
        most_forecasts=MOST_FORECASTS,
        available=statsmodels_installed,
    )
}
