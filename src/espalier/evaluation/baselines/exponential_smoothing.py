"""ETS: exponential smoothing of level, damped trend and season (Holt-Winters), by statsmodels. Needs the extra `series`.

Of four forms the one with the lowest corrected AIC is taken for each history: level; level and trend; both and a season that is
added; both and a season that multiplies, where all values are above 0.

Book: Hyndman & Athanasopoulos 2021, Forecasting: Principles and Practice, 3rd edition, chapter 8.
Differs: four forms of their thirty, fitted by least squares.
"""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.errors import missing_extra
from espalier.evaluation.baselines.baseline import Baseline
from espalier.evaluation.baselines.own_history import ByOwnHistory, season_of, statsmodels_installed
from espalier.evaluation.baselines.table import TrainTable
from espalier.evaluation.baselines.window import WindowShape

MOST_FORECASTS = 500  # about half a second each with a season of 24 in 700 steps


def build(table: TrainTable, seed: int) -> ByOwnHistory:
    """Return the estimator for the windows of a table.

    Raises:
        MissingExtraError: statsmodels is not installed.
    """
    try:
        from statsmodels.tsa.holtwinters import ExponentialSmoothing
    except ImportError as error:
        raise missing_extra("statsmodels", "series", "The baseline ETS") from error

    def smooth(steps: FloatArray, shape: WindowShape) -> FloatArray:
        season = season_of(steps, shape)
        forms: list[tuple[bool, str | None]] = [(False, None), (True, None)]
        if season > 1:
            forms += [(True, "add")] + [(True, "mul")] * bool((steps > 0).all())
        fits = [
            ExponentialSmoothing(
                steps,
                trend="add" if trend else None,
                damped_trend=trend,
                seasonal=seasonal,
                seasonal_periods=season if seasonal else None,
                initialization_method="estimated",
            ).fit()
            for trend, seasonal in forms
        ]
        best = min(fits, key=lambda one: one.aicc if np.isfinite(one.aicc) else np.inf)
        return np.asarray(best.forecast(shape.horizon))

    return ByOwnHistory(smooth, table.shape)


BASELINES = {
    "ETS": Baseline(
        build,
        ("path",),
        simplicity=3,
        sentence="Follows level, trend and season of each series, newer steps counting more (exponential smoothing).",
        encoding="windows",
        most_forecasts=MOST_FORECASTS,
        available=statsmodels_installed,
    )
}
