"""The rules that fill in a plan for series: forecasts of what comes next."""

from dataclasses import asdict
from typing import Literal

import numpy as np

from espalier.core.plan import Plan
from espalier.core.plan_parts import ForecastPlan
from espalier.core.schema import Kind, Role
from espalier.core.timeline import Timeline
from espalier.data.series.seasons import season_of
from espalier.stages.facts import Choice, Facts, Rule

DEFAULT_MODEL = "dlinear"
DEFAULT_HORIZON = 12  # steps, of a series without a season
BATCH_SIZES = ((500, 16), (5_000, 32), (50_000, 64), (500_000, 256))  # up to this many origins: this batch
LARGEST_BATCH = 1024
EPOCHS, PATIENCE = 60, 6
LOOK_BACKS = 2  # horizons or seasons that the network sees
LONGEST_LOOK_BACK = 0.25  # of the shortest series
UNLIKE = 10.0  # times that the largest series is larger than the smallest, from which each window is scaled for itself
LEAST_SERIES = 2
FORECASTS = 3  # horizons that the validation and the test part hold, at least, where the series allows it


def first_forecast(timeline: Timeline, horizon: int | None) -> tuple[ForecastPlan, dict[str, str]]:
    """Return the form of a forecast unless a person names another, and the reasons by path.

    Args:
        timeline: all series; the variables that are forecast come first.
        horizon: that the person asked for; None to find one.
    """
    season, why_season = season_of(timeline)
    steps = horizon or (season if season > 1 else DEFAULT_HORIZON)
    longest = max(int(LONGEST_LOOK_BACK * timeline.lengths.min()), 1)
    look_back = min(LOOK_BACKS * max(season, steps), longest)
    scale, why_scale = _scaling(timeline)
    reasons = {
        "prepare.forecast.horizon": "you asked for it"
        if horizon
        else "one season ahead"
        if season > 1
        else "a short way ahead",
        "prepare.forecast.season": why_season,
        "prepare.forecast.look_back": f"{LOOK_BACKS} seasons or horizons, and at most a quarter of the shortest series",
        "prepare.forecast.scale": why_scale,
    }
    return ForecastPlan(horizon=steps, look_back=look_back, season=season, scale=scale), reasons


def _why_horizon(asked: int | None, season: int) -> str:
    if asked:
        return "you asked for it"
    return "one season ahead" if season > 1 else "the series has no season; a short way ahead"


def _scaling(timeline: Timeline) -> tuple[Literal["standard", "window"], str]:
    """Return how series are scaled, and why."""
    if len(timeline.ids) < LEAST_SERIES:
        return "standard", "there is one series"
    values = timeline.values[:, 0]
    sizes = np.array([np.nanmean(np.abs(part)) for part in np.split(values, timeline.starts[1:-1]) if np.isfinite(part).any()])
    times = float(sizes.max() / max(sizes.min(), np.finfo(np.float32).tiny))
    if times < UNLIKE:
        return "standard", f"the largest of {len(sizes):,} series is {times:.1f} times as large as the smallest"
    return (
        "window",
        f"the largest of {len(sizes):,} series is {times:,.0f} times as large as the smallest: all are to count alike",
    )


def _split(facts: Facts, plan: Plan) -> list[Choice]:
    form, times = plan.prepare.forecast, facts.schema.names(Role.TIME)
    if form is None:
        return []
    why = "a forecast is judged on steps that come later than all it learnt from"
    gap = ("split.gap", form.horizon, "a forecast must not end in the next part: steps between two parts are in none")
    return [("split.column", times[0], why), ("split.method", "time", why), gap]


def _parts(facts: Facts, plan: Plan) -> list[Choice]:
    """Leave room for forecasts in the later parts of a short series."""
    form, timeline = plan.prepare.forecast, facts.timeline
    if form is None or timeline is None or plan.split.test * float(np.median(timeline.lengths)) >= FORECASTS * form.horizon:
        return []
    why = (
        f"a series of {int(np.median(timeline.lengths)):,} steps leaves few forecasts of {form.horizon} steps in a tenth of it"
    )
    return [("split", {**asdict(plan.split), "train": 0.6, "valid": 0.2, "test": 0.2}, why)]


def _columns(facts: Facts, plan: Plan) -> list[Choice]:
    """Leave out what is no number: a series is made of numbers."""
    why = "a forecast reads numbers alone"
    return [
        (f"schema.columns.{name}.role", Role.IGNORED.value, why)
        for name in facts.schema.inputs(Kind.CATEGORY, Kind.ORDERED, Kind.DATE, Kind.TEXT)
    ]


def _model(facts: Facts, plan: Plan) -> list[Choice]:
    why = "one line for the trend and one for the rest: hard to beat, and learnt in seconds (arXiv 2205.13504)"
    return [("model.name", DEFAULT_MODEL, why)]


def _learning(facts: Facts, plan: Plan) -> list[Choice]:
    rows = round(facts.num_rows * plan.split.train)
    size = next((size for limit, size in BATCH_SIZES if rows <= limit), LARGEST_BATCH)
    seen = f"about {rows:,} steps to forecast from"
    return [
        ("prepare.target", "none", "forecasts are scaled with their columns"),
        ("learning.batch_size", size, seen),
        ("learning.epochs", EPOCHS, f"at most; early stopping decides (patience {PATIENCE})"),
        ("learning.patience", PATIENCE, "windows of one series overlap: a few epochs show all there is"),
    ]


SERIES_RULES: tuple[Rule, ...] = (_split, _parts, _columns, _model, _learning)
