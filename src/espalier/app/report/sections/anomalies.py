"""The anomalies: the series with its events and alarms, how high normal and odd rows score, and what came out worst."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from markupsafe import Markup

from espalier.app.report import wording
from espalier.app.report.charts.lines import Line, Mark, line_chart
from espalier.app.report.facts import Facts
from espalier.app.report.sections.section import Section, drawn
from espalier.core.batch import FloatArray
from espalier.core.timeline import Timeline
from espalier.evaluation.metrics.events import event_scores, stretches

NUM_POINTS = 900  # of the test part; of more steps the highest of each stretch is drawn
NUM_BINS = 30
LOW, HIGH = 0.05, 100.0  # alarm levels between which scores are drawn
MAX_NAMED = 10  # events named in the table


@dataclass(frozen=True)
class Event:
    """A stretch of odd steps.

    Args:
        when: its first and last step, in words.
        steps: how many.
        found: whether there was an alarm in it, and after how many steps.
        highest: score, in alarm levels.
    """

    when: str
    steps: int
    found: str
    highest: float


def build(facts: Facts) -> Section | None:
    """Return the section, or None for a run that looks for no anomalies."""
    if facts.run.plan.task.name != "anomaly" or "score" not in facts.scored.columns or not facts.scored.height:
        return None
    frame = facts.scored.sort("row")
    odd, alarms = ((frame[name] == "anomaly").to_numpy() for name in ("target", "prediction"))
    timeline = None if facts.records is None else facts.records.timeline
    form = facts.run.plan.prepare.stretches
    values = {
        "facts": facts,
        "form": form,
        "odd": int(odd.sum()),
        "normal": int((~odd).sum()),
        "found": int((odd & alarms).sum()),
        "false": int((~odd & alarms).sum()),
        "distribution": _distribution(frame["score"].to_numpy(), odd),
        "course": Markup() if form is None else _course(frame, odd, alarms, timeline),
        "score_course": Markup() if form is None else _scores(frame["score"].to_numpy()),
        "events": () if form is None else _events(frame, odd, alarms, timeline),
        "false_alarms": 0 if form is None else int(event_scores(odd * 1.0, alarms * 1.0).counts.sum()),
        "worst": _worst(facts),
    }
    return Section("anomalies", "The anomalies", values)


def _distribution(scores: FloatArray, odd: np.ndarray) -> Markup:
    """Return the shares of normal and of odd rows over their scores."""
    edges = np.geomspace(LOW, HIGH, NUM_BINS + 1)
    middles = np.sqrt(edges[1:] * edges[:-1])
    lines = []
    for name, chosen, style in (("normal", ~odd, "first"), ("anomaly", odd, "second")):
        if chosen.any():
            counts, _ = np.histogram(np.clip(scores[chosen], LOW, HIGH), edges)
            lines.append(Line(name, np.log10(middles).tolist(), (counts / chosen.sum()).tolist(), style))
    label = "Shares of normal rows and of anomalies over their scores."
    title = "score in alarm levels, as a power of ten"
    return drawn(line_chart(lines, label=label, x_title=title, y_title="share of rows", mark=Mark(0.0, "alarm level")))


def _course(frame: pl.DataFrame, odd: np.ndarray, alarms: np.ndarray, timeline: Timeline | None) -> Markup:
    """Return the series in the test part, with the steps that are labelled and those that raise an alarm drawn over it."""
    if timeline is None:
        return Markup()
    values = timeline.values[timeline.position_of(frame["row"].to_numpy()), 0].astype(np.float64)
    kept = _kept(len(values))
    steps = kept.astype(float).tolist()
    lines = [Line("series", steps, values[kept].tolist(), "third thin")]
    span = float(np.nanmax(values) - np.nanmin(values)) or 1.0
    low = float(np.nanmin(values)) - 0.05 * span
    for name, flags, style, place in (("alarm", alarms, "first", 0.0), ("event", odd, "second", 0.06)):
        if flags.any():
            lines.append(Line(name, steps, np.where(flags[kept], low - place * span, np.nan).tolist(), style))
    label = f"{timeline.names[0]} over {wording.counted(len(values), 'step')} of the test part, its events and the alarms."
    return drawn(line_chart(lines, label=label, x_title="step of the test part", y_title=timeline.names[0]))


def _scores(scores: FloatArray) -> Markup:
    """Return the score of each step beside the alarm level."""
    groups = np.array_split(np.arange(len(scores)), min(NUM_POINTS, len(scores)))
    x, y = [float(one[0]) for one in groups], [float(scores[one].max()) for one in groups]
    level = Line("level", [x[0], x[-1]], [1.0, 1.0], "second thin")
    label = f"The score of each step in alarm levels; the highest is {wording.number(float(scores.max()), 3)}."
    return drawn(
        line_chart([Line("score", x, y, "first"), level], label=label, x_title="step of the test part", y_title="score")
    )


def _kept(num: int) -> np.ndarray:
    """Return the places of the steps that are drawn."""
    return np.unique(np.linspace(0, num - 1, min(NUM_POINTS, num)).round().astype(np.int64))


def _events(frame: pl.DataFrame, odd: np.ndarray, alarms: np.ndarray, timeline: Timeline | None) -> tuple[Event, ...]:
    """Return the events of the test part."""
    scores, rows = frame["score"].to_numpy(), frame["row"].to_numpy()
    made = []
    for first, end in stretches(odd * 1.0)[:MAX_NAMED]:
        inside = np.flatnonzero(alarms[first:end])
        found = f"after {wording.counted(int(inside[0]), 'step')}" if len(inside) else "no"
        when = f"{_when(rows[first], timeline)} to {_when(rows[end - 1], timeline)}"
        made.append(Event(when, int(end - first), found, float(scores[first:end].max())))
    return tuple(made)


def _when(row: int, timeline: Timeline | None) -> str:
    """Return the time of a step, or its row where steps have none."""
    if timeline is None or timeline.times is None:
        return f"row {row:,}"
    place = int(timeline.position_of(np.array([row]))[0])
    return str(np.datetime64(int(timeline.times[place]), "us").astype("datetime64[m]")).replace("T", " ")


def _worst(facts: Facts) -> tuple[tuple[Markup, str], ...]:
    """Return the windows that came out worst, each beside how it was written, and what it is."""
    path = facts.run.folder.rewritten
    if not path.exists():
        return ()
    targets = dict(facts.scored.select("row", "target").iter_rows())
    made = []
    for line in pl.read_parquet(path).iter_rows(named=True):
        steps = np.arange(1.0, len(line["window"]) + 1).tolist()
        lines = [
            Line("window", steps, line["window"], "second thin"),
            Line("written", steps, line["rewritten"], "first"),
        ]
        truth = targets.get(line["row"], "")
        said = (
            f"Row {line['row']:,}, {line['channel']}: score {wording.number(line['score'], 3)} alarm levels"
            f"{f'; it is labelled {truth}' if truth else ''}."
        )
        made.append((drawn(line_chart(lines, label=said, x_title="step", y_title="scaled value")), said))
    return tuple(made)
