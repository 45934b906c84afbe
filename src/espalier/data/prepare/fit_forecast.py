"""Fitting a preparation of forecasts: all that it measures comes from the steps of the training part."""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.errors import ColumnError, PlanError
from espalier.core.plan import PreparePlan
from espalier.core.records import TrainRecords
from espalier.core.schema import Role, Schema
from espalier.core.timeline import Timeline
from espalier.data.prepare.forecast import PreparedForecast
from espalier.data.prepare.step_scale import center_and_scale
from espalier.data.prepare.target import TargetKind
from espalier.data.series.cycles import cycles_of

SIMPLE_CELLS = 2**26  # numbers of all histories that simple models are trained on, 256 MB
LONGEST_HISTORY, SHORTEST_HISTORY = 512, 32  # steps of a history
SEASONS_OF_A_HISTORY = 3  # at least: fewer do not show what a season is


def fit_forecast(
    train: TrainRecords, schema: Schema, plan: PreparePlan, target_kind: TargetKind, classes: tuple[str, ...] = ()
) -> PreparedForecast:
    """Return a preparation of forecasts fitted on the training part.

    Args:
        train: the training part; its rows are origins of a series that runs in time.
        schema: kind and role of each column; targets are forecast.
        plan: with the form of the forecast.
        target_kind: "path"; others are no forecasts.
        classes: not read: a forecast has none.

    Raises:
        ColumnError: the rows are no series.
        PlanError: the plan does not say how far is forecast, or the task answers no steps.
    """
    form, timeline = plan.forecast, train.records.timeline
    if form is None:
        raise PlanError("prepare.forecast is not set; expected how many steps are forecast. Name them with --horizon.")
    if target_kind != "path":
        raise PlanError("prepare.forecast is set, and the task answers no steps of a series. Use --task forecasting.")
    if timeline is None:
        raise ColumnError(f"{train.records.source} is no series that runs in time: no column orders its rows.")
    num_targets, num = len(schema.names(Role.TARGET)), timeline.values.shape[1]
    learnt = _learnt_steps(train, timeline, form.horizon)
    values = np.where(learnt[:, None], timeline.values, np.nan).astype(np.float64)
    center, scale = center_and_scale(values) if form.scale == "standard" else (np.zeros(num), np.ones(num))
    return PreparedForecast(
        timeline.names,
        num_targets,
        form,
        tuple(center.tolist()),
        tuple(scale.tolist()),
        _naive_errors(values[:, :num_targets], timeline, form.season),
        cycles_of(timeline.times[learnt]) if form.calendar and timeline.times is not None else (),
        _history(len(train) * num_targets, form.look_back, form.season),
        schema.names(Role.TIME, Role.GROUP),
    )


def _learnt_steps(train: TrainRecords, timeline: Timeline, horizon: int) -> np.ndarray:
    """Return (P,) whether a step is seen in training: it lies in a series up to what follows its last origin."""
    origins = timeline.position_of(train.records.rows)
    last = np.full(len(timeline.ids), -1)
    np.maximum.at(last, timeline.series_of(origins), origins + horizon)
    return np.arange(len(timeline)) <= np.repeat(last, timeline.lengths)


def _naive_errors(values: FloatArray, timeline: Timeline, season: int) -> tuple[float, ...]:
    """Return the mean distance between steps one season apart (Hyndman & Koehler 2006, equation for MASE), for each column.

    Empty when a column has no two such steps, or never changes: then errors cannot be measured with it.
    """
    if len(values) <= season:
        return ()
    series = np.repeat(np.arange(len(timeline.ids)), timeline.lengths)
    is_same = series[season:] == series[:-season]
    gaps = np.abs(values[season:] - values[:-season])[is_same]
    known = np.isfinite(gaps)
    errors = np.where(known, gaps, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return tuple(errors.tolist()) if (errors > 0).all() else ()


def _history(num_windows: int, look_back: int, season: int) -> int:
    """Return how many steps simple models look back: as many as memory allows, and at least what the network sees."""
    least = max(look_back, SEASONS_OF_A_HISTORY * season, SHORTEST_HISTORY)
    return max(least, min(LONGEST_HISTORY, SIMPLE_CELLS // max(num_windows, 1)))
