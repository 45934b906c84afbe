"""The forecasts: the series with its parts, forecasts beside what came, the error by step, and what the errors still hold."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.charts.lines import Line, Mark, line_chart
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section, drawn
from espalier.core.batch import FloatArray
from espalier.core.plan_parts import ForecastPlan
from espalier.core.records import IntArray
from espalier.core.timeline import Timeline

NUM_POINTS = 600  # of the whole series; each is the mean of a stretch
NUM_SHOWN = 3  # forecasts
PASTS = 2  # horizons shown before a forecast
NUM_LAGS = 40  # of the errors' correlation with earlier ones
MOST_COLUMNS = 4  # that are shown
NORMAL_QUANTILE = 1.96
CHANCE = 0.1  # share of correlations beyond the lines that chance explains
QUANTILE = "quantile_"
PARTS = {"train": "first thin", "valid": "second thin", "test": "third thin"}  # and how each is drawn


@dataclass(frozen=True)
class Shown:
    """What is shown of one column.

    Args:
        column: its name.
        whole: the series with its parts; empty without the rows.
        forecasts: charts of single forecasts, each with its words.
        by_step: the error by step ahead.
        worst: words on it.
        memory: the correlation of errors with earlier ones; empty where there are too few.
        remembers: words on it.
    """

    column: str
    whole: Markup
    forecasts: tuple[tuple[Markup, str], ...]
    by_step: Markup
    worst: str
    memory: Markup
    remembers: str


def build(facts: Facts) -> Section | None:
    """Return the section, or None for a run that forecasts nothing."""
    form = facts.run.plan.prepare.forecast
    if form is None or "column" not in facts.scored.columns or not facts.scored.height:
        return None
    columns = facts.scored["column"].unique(maintain_order=True).to_list()
    timeline = None if facts.records is None else facts.records.timeline
    values = {
        "facts": facts,
        "form": form,
        "shown": [_shown(facts, form, timeline, column) for column in columns[:MOST_COLUMNS]],
        "num_more": max(len(columns) - MOST_COLUMNS, 0),
        "num_series": 1 if timeline is None else len(timeline.ids),
        "has_intervals": any(name.startswith(QUANTILE) for name in facts.scored.columns),
    }
    return Section("forecasts", "The forecasts", values)


def _shown(facts: Facts, form: ForecastPlan, timeline: Timeline | None, column: str) -> Shown:
    frame = facts.scored.filter(pl.col("column") == column)
    truth, forecast = (frame[name].to_numpy().astype(np.float64) for name in ("target", "prediction"))
    rows = frame["row"].to_numpy()
    series = None if timeline is None or column not in timeline.names else timeline
    naive = None if series is None else _naive_errors(series, column, rows, truth)
    by_step, worst = _by_step(truth, forecast, naive)
    memory, remembers = _memory(truth[:, 0] - forecast[:, 0], series, rows)
    return Shown(
        column,
        Markup() if series is None else _whole(facts, series, column),
        tuple(_one(frame, place, series, column, form) for place in _spread(len(rows))),
        by_step,
        worst,
        memory,
        remembers,
    )


def _spread(num: int) -> list[int]:
    """Return some places from the first to the last."""
    return sorted({round(one) for one in np.linspace(0, num - 1, NUM_SHOWN)})


def _whole(facts: Facts, timeline: Timeline, column: str) -> Markup:
    """Return the first series, each part in a line of its own: a part's steps are those that are forecast in it."""
    parts = pl.read_parquet(facts.run.folder.split)
    values = timeline.values[: timeline.starts[1], timeline.names.index(column)].astype(np.float64)
    steps, num = np.arange(len(values)), len(values)
    places = {name: _first_series(timeline, parts.filter(pl.col("part") == name)["row"].to_numpy()) for name in PARTS}
    gap = facts.run.plan.split.gap
    begins = {name: int(found.min()) + 1 if len(found) else num for name, found in places.items()}
    ends = {name: int(found.max()) + gap + 1 if len(found) else num for name, found in places.items()}
    begins["train"] = 0
    lines = []
    for name, style in PARTS.items():
        inside = (steps >= begins[name]) & (steps < ends[name])
        x, y = _thinned(steps[inside], values[inside], max(int(NUM_POINTS * inside.sum() / max(num, 1)), 2))
        lines.append(Line(name, x, y, style))
    span = wording.counted(num, "step")
    return drawn(line_chart(lines, label=f"{column} over {span}, in its parts.", x_title="step", y_title=column))


def _first_series(timeline: Timeline, rows: IntArray) -> IntArray:
    """Return where some rows stand, as far as they are of the first series."""
    places = timeline.position_of(rows)
    return places[places < timeline.starts[1]]


def _thinned(x: IntArray, y: FloatArray, num: int) -> tuple[list[float], list[float]]:
    """Return points of a line, each the mean of a stretch where there are too many."""
    if len(x) <= num:
        return x.astype(float).tolist(), y.tolist()
    groups = np.array_split(np.arange(len(x)), num)
    means = [float(np.nanmean(y[one])) if np.isfinite(y[one]).any() else float("nan") for one in groups]
    return [float(x[one].mean()) for one in groups], means


def _one(frame: pl.DataFrame, place: int, timeline: Timeline | None, column: str, form: ForecastPlan) -> tuple[Markup, str]:
    """Return one forecast beside what came, and what it is, in words."""
    line = frame.row(place, named=True)
    ahead = np.arange(1.0, form.horizon + 1)
    truth, forecast = np.array(line["target"], dtype=float), np.array(line["prediction"], dtype=float)
    lines, when = [], f"from row {line['row']:,}"
    past_x, past_y = np.empty(0), np.empty(0)
    if timeline is not None:
        origin = int(timeline.position_of(np.array([line["row"]]))[0])
        first = max(origin - PASTS * form.horizon + 1, int(timeline.starts[timeline.series_of(np.array([origin]))[0]]))
        past_y = timeline.values[first : origin + 1, timeline.names.index(column)].astype(float)
        past_x = np.arange(first - origin, 1.0)
        when += _named(timeline, origin)
    x, y = np.concatenate([past_x, ahead]).tolist(), np.concatenate([past_y, truth]).tolist()
    lines.append(Line("what came", x, y, "second thin"))
    levels = [name for name in frame.columns if name.startswith(QUANTILE)]
    for name in (levels[0], levels[-1]) if len(levels) > 1 else ():
        lines.append(Line(f"{float(name.removeprefix(QUANTILE)):.0%}", ahead.tolist(), line[name], "third thin"))
    lines.append(Line("forecast", ahead.tolist(), forecast.tolist(), "first"))
    off = wording.number(float(np.nanmean(np.abs(forecast - truth))), 3)
    said = f"Forecast {when}: off by {off} on average."
    mark = Mark(0.0, "now")
    return drawn(line_chart(lines, label=said, x_title="steps ahead", y_title=column, mark=mark)), said


def _named(timeline: Timeline, origin: int) -> str:
    """Return the series and the time of a step in brackets."""
    name = timeline.ids[int(timeline.series_of(np.array([origin]))[0])]
    time = "" if timeline.times is None else str(np.datetime64(int(timeline.times[origin]), "us").astype("datetime64[m]"))
    said = ", ".join(filter(None, (name, time.replace("T", " "))))
    return f" ({said})" if said else ""


def _naive_errors(timeline: Timeline, column: str, rows: IntArray, truth: FloatArray) -> FloatArray:
    """Return (H,) the mean error of the forecast that nothing changes."""
    last = timeline.values[timeline.position_of(rows), timeline.names.index(column)].astype(np.float64)
    return np.asarray(_mean(np.abs(truth - last[:, None])))


def _mean(values: FloatArray) -> FloatArray:
    """Return the mean of each column's known values."""
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _by_step(truth: FloatArray, forecast: FloatArray, naive: FloatArray | None) -> tuple[Markup, str]:
    """Return the error by step ahead, beside that of the forecast that nothing changes, and what they say."""
    errors = _mean(np.abs(truth - forecast))
    steps = np.arange(1.0, len(errors) + 1).tolist()
    lines = [Line("network", steps, errors.tolist(), "first")]
    first, last = (wording.number(float(one), 3) for one in (errors[0], errors[-1]))
    said = f"One step ahead it is off by {first} on average, {wording.counted(len(errors), 'step')} ahead by {last}."
    if naive is not None:
        lines.append(Line("no change", steps, naive.tolist(), "second"))
        better = int((errors < naive).sum())
        said += f" It is nearer than the forecast that nothing changes at {better:,} of {len(errors):,} steps."
    return drawn(line_chart(lines, label=said, x_title="steps ahead", y_title="mean absolute error")), said


def _memory(errors: FloatArray, timeline: Timeline | None, rows: IntArray) -> tuple[Markup, str]:
    """Return how one-step errors go with earlier ones, of forecasts made at every step of one series."""
    places = np.arange(len(rows)) if timeline is None else timeline.position_of(rows)
    run = np.flatnonzero(np.diff(places) != 1)
    errors = errors[: int(run[0]) + 1] if len(run) else errors
    known = errors[np.isfinite(errors)]
    num = min(NUM_LAGS, len(known) // 4)
    if num < 2 or not known.std():
        return Markup(), ""
    centred = known - known.mean()
    found = [float((centred[lag:] * centred[:-lag]).sum() / (centred**2).sum()) for lag in range(1, num + 1)]
    band = NORMAL_QUANTILE / np.sqrt(len(known))
    lags = np.arange(1.0, num + 1).tolist()
    lines = [Line("correlation", lags, found, "first"), Line("chance", lags, [band] * num, "second thin")]
    lines.append(Line("", lags, [-band] * num, "second thin"))
    beyond = sum(abs(one) > band for one in found)
    tells = "an error tells of later ones, which could be learnt" if beyond > CHANCE * num else "about as many as by chance"
    said = f"{beyond} of {num} lie beyond the lines ({tells})."
    return drawn(line_chart(lines, label=said, x_title="steps before", y_title="correlation of errors")), said
