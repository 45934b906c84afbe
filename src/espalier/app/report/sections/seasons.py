"""The series of the data: what they are like in words, windows of each class, and the course of a season."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from markupsafe import Markup

from espalier.app.report.charts.lanes import lanes
from espalier.app.report.charts.lines import Line, line_chart
from espalier.app.report.facts import Facts
from espalier.app.report.gallery import drawn_rows
from espalier.app.report.sections.section import drawn
from espalier.core.batch import FloatArray
from espalier.core.schema import Role
from espalier.core.timeline import Timeline
from espalier.data.series.column import Windows, windows_of
from espalier.data.series.frequency import DAY, HOUR, THURSDAY_EPOCH, WEEK, Frequency
from espalier.data.series.survey import SeriesSurvey
from espalier.data.series.told import told
from espalier.data.series.windows_survey import WindowsSurvey
from espalier.data.series.words import span_in_words

MAX_CLASSES = 12  # shown with windows; the most frequent ones
WINDOWS_OF_A_CLASS, WINDOWS_OF_NO_CLASS = 4, 8
MAX_CHANNELS = 12  # drawn of a window
MAX_SEASONS = 3  # columns whose season is shown
MAX_PLACES = 200  # of a season; longer ones are shown in stretches
MIN_CYCLES = 3
MONTHS_A_YEAR = 12
SEED = 0  # of the windows that are shown


@dataclass(frozen=True)
class Group:
    """Some windows of one class.

    Args:
        name: of the class; empty for windows that have none.
        shown: charts, one for each window.
    """

    name: str
    shown: tuple[Markup, ...]


@dataclass(frozen=True)
class Shown:
    """The series or the windows of a run.

    Args:
        title: what they are.
        sentences: what was found out.
        groups: windows of each class; empty for series.
        num_more: classes that are not shown.
        num_channels: that are drawn of each window, and how many there are.
        seasons: charts of one column's season, each with its words.
    """

    title: str
    sentences: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    num_more: int = 0
    num_channels: tuple[int, int] = (0, 0)
    seasons: tuple[tuple[Markup, str], ...] = ()


def about_series(facts: Facts) -> Shown | None:
    """Return what is told of a run's series or windows; None when it reads none."""
    survey = facts.series
    if survey is None:
        return None
    sentences = told(survey, facts.run.plan.data.source)
    if isinstance(survey, SeriesSurvey):
        return Shown("The series", sentences, seasons=_seasons(facts, survey))
    groups, num_more = _groups(facts, survey)
    return Shown("The windows", sentences, groups, num_more, (min(survey.channels, MAX_CHANNELS), survey.channels))


def _groups(facts: Facts, survey: WindowsSurvey) -> tuple[tuple[Group, ...], int]:
    """Return some training windows of each class, and how many classes are left out; nothing without the rows."""
    if facts.records is None or survey.column not in facts.records.frame.columns:
        return (), 0
    frame = facts.records.frame.with_columns(row=pl.Series(facts.records.rows, dtype=pl.Int64))
    frame = frame.filter(pl.col(survey.column).is_not_null())
    frame = frame.filter(pl.col("row").is_in(facts.train_rows.implode())) if len(facts.train_rows) else frame
    target = facts.run.schema.target
    if target is None or target not in frame.columns or facts.kind != "classes":
        chosen = {"": drawn_rows(frame["row"], WINDOWS_OF_NO_CLASS, SEED)}
        return _drawn_groups(frame, survey.column, chosen), 0
    counts = frame[target].drop_nulls().cast(pl.String).alias("name").value_counts(name="count")
    names = counts.sort(["count", "name"], descending=[True, False])["name"].to_list()
    chosen = {
        name: drawn_rows(frame.filter(pl.col(target) == name)["row"], WINDOWS_OF_A_CLASS, SEED)
        for name in sorted(names[:MAX_CLASSES])
    }
    return _drawn_groups(frame, survey.column, chosen), max(len(names) - MAX_CLASSES, 0)


def _drawn_groups(frame: pl.DataFrame, column: str, chosen: dict[str, list[int]]) -> tuple[Group, ...]:
    """Return the charts of some rows; a channel has one scale in all of them."""
    rows = [row for some in chosen.values() for row in some]
    shown = frame.filter(pl.col("row").is_in(rows))
    found = windows_of(shown[column])
    steps = found.steps[:, :MAX_CHANNELS].astype(np.float64)
    known = [one[np.isfinite(one)] for one in steps.T]
    ends = [(float(one.min()), float(one.max())) if len(one) else (0.0, 0.0) for one in known]
    length = int(found.lengths.max(initial=1))
    windows = dict(zip(shown["row"].to_list(), _pieces(Windows(found.steps[:, :MAX_CHANNELS], found.lengths)), strict=True))
    return tuple(
        Group(name, tuple(drawn(lanes(windows[row], ends, length, f"Window {row:,} {name}".strip())) for row in some))
        for name, some in chosen.items()
    )


def _pieces(windows: Windows) -> list[FloatArray]:
    """Return the steps of each window."""
    return [one.astype(np.float64) for one in np.split(windows.steps, windows.starts[1:-1])]


def _seasons(facts: Facts, survey: SeriesSurvey) -> tuple[tuple[Markup, str], ...]:
    """Return the season of each forecast column of the first series, as far as it has one."""
    timeline = None if facts.records is None else facts.records.timeline
    targets = facts.run.schema.names(Role.TARGET)
    if timeline is None:
        return ()
    found = [_season(timeline, survey, name) for name in targets if name in timeline.names]
    return tuple(one for one in found if one is not None)[:MAX_SEASONS]


def _season(timeline: Timeline, survey: SeriesSurvey, name: str) -> tuple[Markup, str] | None:
    """Return the values of a column folded over its season: how far each place lies from the mean of its cycle."""
    period = survey.season_of(name)
    values = timeline.values[: timeline.starts[1], timeline.names.index(name)].astype(np.float64)
    if period < 2 or len(values) < MIN_CYCLES * period:
        return None
    num = len(values) // period * period
    cycles = values[len(values) - num :].reshape(-1, period)
    known = np.isfinite(cycles)
    means = np.where(known, cycles, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    apart = (cycles - means[:, None]).ravel()
    places, along = _places(timeline, len(values) - num, num, period, survey.usual)
    x, middle, low, high = _folded(places, apart)
    span = span_in_words(period, survey.usual)
    lasts = f"{period:,} steps ({span})" if span else f"{period:,} steps"
    most, least = (f"{x[int(place)]:g}" for place in (np.nanargmax(middle), np.nanargmin(middle)))
    first = f" of '{timeline.ids[0]}', the first series," if len(timeline.ids) > 1 else ""
    said = (
        f"'{name}'{first} over its season of {lasts}: how far values lie from the mean of their own cycle, as the mean of "
        f"{len(cycles):,} cycles and as quartiles. Highest at {most}, lowest at {least} ({along})."
    )
    lines = [
        Line("mean", x, middle, "first"),
        Line("75%", x, high, "third thin"),
        Line("25%", x, low, "third thin"),
    ]
    return drawn(line_chart(lines, label=said, x_title=along, y_title=f"{name}, from its mean")), said


def _places(timeline: Timeline, first: int, num: int, period: int, usual: Frequency) -> tuple[FloatArray, str]:
    """Return (P,) where each step stands in its season, and what that counts."""
    counted = _floats(np.arange(num) % period + 1), "step of the season"
    if timeline.times is None:
        return counted
    times = timeline.times[first : first + num]
    if usual.months == 1 and period == MONTHS_A_YEAR:
        months = times.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64) % MONTHS_A_YEAR
        return _floats(months + 1), "month of the year"
    span = 0 if usual.is_business else period * (usual.microseconds or 0)
    if span == DAY:
        return _floats(times % DAY / HOUR), "hour of the day"
    if span == WEEK:
        return _floats((times // DAY + THURSDAY_EPOCH) % 7 + times % DAY / DAY), "days since Monday"
    return counted


def _floats(values: np.ndarray) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _folded(places: FloatArray, values: FloatArray) -> tuple[list[float], list[float], list[float], list[float]]:
    """Return the places of a season, and the mean and the quartiles of the values at each; long seasons in stretches."""
    marks = np.unique(places)
    if len(marks) > MAX_PLACES:
        edges = np.linspace(marks[0], marks[-1], MAX_PLACES + 1)
        places = edges[np.searchsorted(edges[1:-1], places, side="right")]
        marks = np.unique(places)
    kept = [values[(places == mark) & np.isfinite(values)] for mark in marks]
    filled = [(float(mark), one) for mark, one in zip(marks, kept, strict=True) if len(one)]
    quartiles = [np.quantile(one, (0.25, 0.75)).tolist() for _, one in filled]
    x, middle = [mark for mark, _ in filled], [float(one.mean()) for _, one in filled]
    return x, middle, [low for low, _ in quartiles], [high for _, high in quartiles]
