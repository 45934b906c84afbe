"""The rules that fill in a plan for series: forecasts of what comes next."""

from dataclasses import asdict
from typing import Literal, TypeAlias

import numpy as np

from espalier.core.plan import Plan
from espalier.core.plan_parts import ForecastPlan
from espalier.core.schema import Kind, Role
from espalier.core.timeline import Timeline
from espalier.data.series.frequency import COUNTED, Frequency, find_frequency, usual_seasons
from espalier.data.series.seasons import Season, fill_between, find_seasons
from espalier.data.series.stationarity import Stationarity, find_stationarity
from espalier.stages.facts import Choice, Facts, Rule

Scaling: TypeAlias = Literal["standard", "window", "none"]

STILL_MODEL, MOVING_MODEL, PANEL_MODEL = "dlinear", "nlinear", "nhits"
MOVING = (Stationarity.TREND, Stationarity.CHANGES, Stationarity.NONE)  # series whose level does not stay where it was
DEFAULT_HORIZON = 12  # steps, of a series without a season
BATCH_SIZES = ((500, 16), (5_000, 32), (50_000, 64), (500_000, 256))  # up to this many origins: this batch
LARGEST_BATCH = 1024
EPOCHS, PATIENCE = 60, 6
LOOK_BACKS = 2  # horizons or seasons that the network sees
UNSEASONED_LOOK_BACK = 96  # steps, at least, where no season says how far back is worth it
LONGEST_LOOK_BACK = 0.25  # of the shortest series
SEEN_FRACTION = 0.6  # of a series, in which seasons are looked for: later steps may be of the test part
UNLIKE = 10.0  # times that the largest series is larger than the smallest, from which each window is scaled for itself
FORECASTS = 3  # horizons that the validation and the test part hold, at least, where the series allows it
SHORT_PARTS = {"train": 0.6, "valid": 0.2, "test": 0.2}  # of a short series


def first_forecast(timeline: Timeline, horizon: int | None) -> tuple[ForecastPlan, dict[str, str]]:
    """Return the form of a forecast unless a person names another, and the reasons by path.

    Args:
        timeline: all series; the variables that are forecast come first.
        horizon: that the person asked for; None to find one.
    """
    season, why_season = season_of(timeline)
    steps, why_steps = _horizon(horizon, season)
    scale, why_scale = _scaling(timeline)
    longest = max(int(LONGEST_LOOK_BACK * timeline.lengths.min()), 1)
    wanted, why_look_back = LOOK_BACKS * max(season, steps), f"{LOOK_BACKS} seasons or horizons"
    if season == 1 and wanted < UNSEASONED_LOOK_BACK:
        wanted, why_look_back = UNSEASONED_LOOK_BACK, "no season says how far back is worth it"
    form = ForecastPlan(horizon=steps, look_back=min(wanted, longest), season=season, scale=scale)
    why_look_back += ", and at most a quarter of the shortest series"
    why = {"horizon": why_steps, "season": why_season, "look_back": why_look_back, "scale": why_scale}
    return form, {f"prepare.forecast.{name}": reason for name, reason in why.items()}


def season_of(timeline: Timeline) -> tuple[int, str]:
    """Return the steps after which the longest series repeats itself most strongly, 1 for none, and why."""
    frequency, steady = steady_seasons(timeline)
    if not steady:
        return 1, f"the steps are {frequency.name}; no season was found in the first {SEEN_FRACTION:.0%} of the series"
    best = max(steady, key=lambda one: one.strength)
    others = [f"{one.period:,}" for one in steady if one is not best]
    also = f"; there is one of {' and '.join(others)} too" if others else ""
    return (
        best.period,
        f"the steps are {frequency.name}; the season explains {best.strength:.0%} of what the trend leaves{also}",
    )


def steady_seasons(timeline: Timeline) -> tuple[Frequency, tuple[Season, ...]]:
    """Return how far steps lie apart, and the seasons that the longest series keeps to, as far as the rules may look."""
    part, times = _seen(timeline), timeline.times
    frequency = COUNTED if times is None else find_frequency(times[part])
    values = timeline.values[part, 0].astype(np.float64)
    found = find_seasons(fill_between(values), usual_seasons(frequency)) if np.isfinite(values).any() else ()
    return frequency, tuple(one for one in found if one.is_steady)


def _seen(timeline: Timeline) -> slice:
    """Return where the first part of the longest series stands, which rules may look at."""
    number = int(timeline.lengths.argmax())
    first = int(timeline.starts[number])
    return slice(first, first + max(int(SEEN_FRACTION * timeline.lengths[number]), 1))


def _horizon(asked: int | None, season: int) -> tuple[int, str]:
    """Return how many steps are forecast, and why."""
    if asked:
        return asked, "you asked for it"
    return (season, "one season ahead") if season > 1 else (DEFAULT_HORIZON, "a short way ahead: the series has no season")


def _scaling(timeline: Timeline) -> tuple[Scaling, str]:
    """Return how series are scaled, and why."""
    if len(timeline.ids) == 1:
        return "standard", "there is one series"
    values = np.split(timeline.values[:, 0], timeline.starts[1:-1])
    sizes = np.array([np.nanmean(np.abs(part)) for part in values if np.isfinite(part).any()])
    times = float(sizes.max() / max(sizes.min(), np.finfo(np.float32).tiny)) if len(sizes) else 1.0
    seen = f"the largest of {len(sizes):,} series is {times:,.3g} times as large as the smallest"
    return ("standard", seen) if times < UNLIKE else ("window", f"{seen}: all are to count alike")


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
    if form is None or timeline is None:
        return []
    steps = int(np.median(timeline.lengths))
    if plan.split.test * steps >= FORECASTS * form.horizon:
        return []
    why = f"a series of {steps:,} steps leaves few forecasts of {form.horizon} steps in a tenth of it"
    return [("split", {**asdict(plan.split), **SHORT_PARTS}, why)]


def _columns(facts: Facts, plan: Plan) -> list[Choice]:
    """Leave out what is no number: a series is made of numbers."""
    why = "a forecast reads numbers alone"
    return [
        (f"schema.columns.{name}.role", Role.IGNORED.value, why)
        for name in facts.schema.inputs(Kind.CATEGORY, Kind.ORDERED, Kind.DATE, Kind.TEXT)
    ]


def _model(facts: Facts, plan: Plan) -> list[Choice]:
    if plan.prepare.forecast is not None and plan.prepare.forecast.scale == "window":
        why = "many series teach one network, which looks at coarse and fine courses apart (arXiv 2201.12886)"
        return [("model.name", PANEL_MODEL, why)]
    if facts.timeline is not None and _found_level(facts.timeline) in MOVING:
        why = "the level of the series moves: a linear forecast of the changes from the last value on (arXiv 2205.13504)"
        return [("model.name", MOVING_MODEL, why)]
    why = "one line for the trend and one for the rest: hard to beat, and learnt in seconds (arXiv 2205.13504)"
    return [("model.name", STILL_MODEL, why)]


def _found_level(timeline: Timeline) -> Stationarity:
    """Return what the longest series comes back to, judged by its first part."""
    values = timeline.values[_seen(timeline), 0].astype(np.float64)
    return find_stationarity(fill_between(values)) if np.isfinite(values).any() else Stationarity.UNKNOWN


def _learning(facts: Facts, plan: Plan) -> list[Choice]:
    rows = round(facts.num_rows * plan.split.train)
    size = next((size for limit, size in BATCH_SIZES if rows <= limit), LARGEST_BATCH)
    return [
        ("prepare.target", "none", "forecasts are scaled with their columns"),
        ("learning.batch_size", size, f"about {rows:,} steps to forecast from"),
        ("learning.epochs", EPOCHS, f"at most; early stopping decides (patience {PATIENCE})"),
        ("learning.patience", PATIENCE, "windows of one series overlap: a few epochs show all there is"),
    ]


def _loss(facts: Facts, plan: Plan) -> list[Choice]:
    """Learn absolute errors where windows are scaled by themselves: one that hardly moved makes squares of any size."""
    form = plan.prepare.forecast
    if form is None or form.scale != "window" or plan.task.options:
        return []
    return [
        ("task.options.loss", "mae", "windows scaled by themselves make some squared errors huge; the score is absolute too")
    ]


SERIES_RULES: tuple[Rule, ...] = (_split, _parts, _columns, _model, _loss, _learning)
