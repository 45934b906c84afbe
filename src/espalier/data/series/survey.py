"""Survey: what the series of a table are like: stamps, gaps, seasons, trend, and variables that hold nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from espalier.core.timeline import Timeline
from espalier.data.series.frequency import Frequency, usual_seasons
from espalier.data.series.grid import on_grid
from espalier.data.series.seasons import Season, fill_between, find_seasons, strengths, take_apart, without_seasons
from espalier.data.series.stamps import MAX_ROWS, Gaps, Marked, Stamps, Stretch, look_at_stamps
from espalier.data.series.stationarity import Stationarity, find_stationarity, walks_at_random

MAX_SERIES = 300  # whose seasons are looked for; stamps and missing values are counted in all
MAX_STAMPED = 5_000  # series whose stamps are looked at
MAX_STEPS = 50_000  # the last ones of a series, in which seasons are looked for
MAX_NAMED = 100
MIN_STEPS = 8  # of a series, for anything to be said of its course


@dataclass(frozen=True)
class SeasonFound:
    """A period of one variable.

    Args:
        period: steps.
        strength: 0 to 1, the median over the series that have it.
        fraction: share of the series looked at that have it.
        is_steady: whether its cycles are all equally long.
    """

    period: int
    strength: float
    fraction: float
    is_steady: bool


@dataclass(frozen=True)
class Variable:
    """What one variable is like in all series.

    Args:
        name: of the column.
        missing: steps without a value.
        longest: steps of the longest run of missing values.
        longest_rows: source rows where that run begins and ends.
        empty, constant: series in which no value is known, or all are equal.
        named: the first of these series.
        seasons: the most frequent first.
        trend: strength, 0 to 1, the median over the series.
        stationarity: what series come back to, and how many do.
        num_walks: series that walk at random.
    """

    name: str
    missing: int
    longest: int
    longest_rows: tuple[int, ...]
    empty: int
    constant: int
    named: tuple[str, ...]
    seasons: tuple[SeasonFound, ...]
    trend: float
    stationarity: Mapping[str, int]
    num_walks: int


@dataclass(frozen=True)
class SeriesSurvey:
    """What the series of a table are like.

    Args:
        time: the column that orders the rows.
        groups: the columns that name the series.
        num_series, num_steps: how many there are.
        lengths: steps of the shortest, the middle and the longest series.
        shortest: name of the shortest series.
        first, last: the earliest and the latest time, ISO 8601; empty where steps are only counted.
        zone: what is known of the time zone, a sentence; or empty.
        usual: the most frequent frequency.
        frequencies: names of all, and how many series have each; the most frequent first.
        gaps, off_grid, doubled, disordered, stretches, hours_lost, hours_doubled: as in `Stamps`, over all series.
        num_reversed: series whose rows stand from the latest to the earliest.
        num_looked: series in which seasons and trend were looked for.
        variables: one for each.
    """

    time: str
    groups: tuple[str, ...]
    num_series: int
    num_steps: int
    lengths: tuple[int, int, int]
    shortest: str
    first: str
    last: str
    zone: str
    usual: Frequency
    frequencies: Mapping[str, int]
    gaps: Gaps
    off_grid: Marked
    doubled: Marked
    disordered: Marked
    num_reversed: int
    stretches: tuple[Stretch, ...]
    hours_lost: Marked
    hours_doubled: Marked
    num_looked: int
    variables: tuple[Variable, ...]

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)

    @property
    def season(self) -> int:
        """Return the most usual steady period of the first variable that has one, in steps; 1 where there is none."""
        return next((period for one in self.variables if (period := self.season_of(one.name)) > 1), 1)

    def season_of(self, name: str) -> int:
        """Return the most usual steady period of a variable, in steps; 1 where it has none."""
        steady = (season for one in self.variables if one.name == name for season in one.seasons if season.is_steady)
        return next((season.period for season in steady), 1)


def from_mapping(value: Mapping[str, Any]) -> SeriesSurvey:
    """Return the survey that plain values describe, also after a way through JSON."""
    marks = {
        key: Marked(value[key]["count"], tuple(value[key]["rows"]))
        for key in ("off_grid", "doubled", "disordered", "hours_lost", "hours_doubled")
    }
    variables = tuple(_variable_from(one) for one in value["variables"])
    plain = {"groups": tuple(value["groups"]), "lengths": tuple(value["lengths"]), "variables": variables}
    stretches = tuple(Stretch(**one) for one in value["stretches"])
    gaps = Gaps(**{**value["gaps"], "rows": tuple(value["gaps"]["rows"])})
    return SeriesSurvey(
        **{**value, **marks, **plain, "stretches": stretches, "gaps": gaps, "usual": Frequency(**value["usual"])}
    )


def _variable_from(value: Mapping[str, Any]) -> Variable:
    seasons = tuple(SeasonFound(**one) for one in value["seasons"])
    listed = {key: tuple(value[key]) for key in ("longest_rows", "named")}
    return Variable(**{**value, **listed, "seasons": seasons})


def survey_series(timeline: Timeline, *, time: str = "", groups: Sequence[str] = (), zone: str = "") -> SeriesSurvey:
    """Look at every series of a timeline.

    Args:
        timeline: with one step at least.
        time: name of the column that orders the rows.
        groups: names of the columns that name the series.
        zone: what is known of the time zone, a sentence; or empty.
    """
    stamps = [look_at_stamps(timeline, number) for number in range(min(len(timeline.ids), MAX_STAMPED))]
    lengths = timeline.lengths
    looked = min(len(lengths), MAX_SERIES)
    first, last = _ends(timeline)
    return SeriesSurvey(
        time=time,
        groups=tuple(groups),
        num_series=len(lengths),
        num_steps=len(timeline),
        lengths=(int(lengths.min()), int(np.median(lengths)), int(lengths.max())),
        shortest=timeline.ids[int(lengths.argmin())],
        first=first,
        last=last,
        zone=zone,
        usual=Counter(one.frequency for one in stamps).most_common(1)[0][0],
        frequencies=dict(Counter(one.frequency.name for one in stamps).most_common()),
        gaps=_all_gaps([one.gaps for one in stamps]),
        off_grid=_together([one.off_grid for one in stamps]),
        doubled=_together([one.doubled for one in stamps]),
        disordered=_together([one.disordered for one in stamps]),
        num_reversed=sum(one.is_reversed for one in stamps),
        stretches=next((one.stretches for one in stamps if one.stretches), ()),
        hours_lost=_together([one.hours_lost for one in stamps]),
        hours_doubled=_together([one.hours_doubled for one in stamps]),
        num_looked=looked,
        variables=_variables(timeline, stamps[:looked]),
    )


def _ends(timeline: Timeline) -> tuple[str, str]:
    """Return the earliest and the latest time, ISO 8601; nothing where steps are only counted."""
    if timeline.times is None:
        return "", ""
    ends = np.array([timeline.times.min(), timeline.times.max()]).astype("datetime64[us]").astype("datetime64[s]")
    return str(ends[0]), str(ends[1])


def _together(found: Sequence[Marked]) -> Marked:
    """Return what is marked in any series."""
    rows = [row for one in found for row in one.rows]
    return Marked(sum(one.count for one in found), tuple(rows[:MAX_ROWS]))


def _all_gaps(found: Sequence[Gaps]) -> Gaps:
    """Return the gaps of all series."""
    worst = max(found, key=lambda one: one.longest)
    rows = tuple([row for one in found for row in one.rows][:MAX_ROWS])
    return replace(worst, count=sum(one.count for one in found), missing=sum(one.missing for one in found), rows=rows)


def _variables(timeline: Timeline, stamps: Sequence[Stamps]) -> tuple[Variable, ...]:
    """Return what each variable is like; its course is looked at on a grid, so that gaps do not shift the seasons."""
    even = on_grid(timeline).timeline
    frequencies = [one.frequency for one in stamps]
    return tuple(_variable(timeline, even, place, frequencies) for place in range(len(timeline.names)))


def _variable(timeline: Timeline, even: Timeline, place: int, frequencies: Sequence[Frequency]) -> Variable:
    values = timeline.values[:, place]
    known = np.isfinite(values)
    firsts = timeline.starts[:-1]
    counts = np.add.reduceat(known, firsts, dtype=np.int64)
    lowest = np.minimum.reduceat(np.where(known, values, np.inf), firsts)
    highest = np.maximum.reduceat(np.where(known, values, -np.inf), firsts)
    empty, constant = counts == 0, (counts > 1) & (lowest == highest)
    longest, ends = _longest_run(timeline, ~known)
    courses = [_course(even, number, place, frequency) for number, frequency in enumerate(frequencies)]
    told = [one for one in courses if one is not None]
    return Variable(
        timeline.names[place],
        int((~known).sum()),
        longest,
        ends,
        int(empty.sum()),
        int(constant.sum()),
        tuple(timeline.ids[number] for number in np.flatnonzero(empty | constant)[:MAX_NAMED]),
        _seasons([one.seasons for one in told]),
        float(np.median([one.trend for one in told])) if told else 0.0,
        dict(Counter(one.stationarity.value for one in told).most_common()),
        sum(one.walks for one in told),
    )


def _longest_run(timeline: Timeline, missing: np.ndarray) -> tuple[int, tuple[int, ...]]:
    """Return the steps of the longest run of missing values within a series, and the source rows of its ends."""
    if not missing.any():
        return 0, ()
    places = np.arange(len(missing))
    is_first = np.zeros(len(missing), dtype=np.bool_)
    is_first[timeline.starts[:-1]] = True
    begins = missing & (is_first | ~np.concatenate([[False], missing[:-1]]))
    start = np.maximum.accumulate(np.where(begins, places, -1))
    runs = np.where(missing, places - start + 1, 0)
    end = int(runs.argmax())
    return int(runs[end]), (int(timeline.rows[start[end]]), int(timeline.rows[end]))


@dataclass(frozen=True)
class _Course:
    seasons: tuple[Season, ...]
    trend: float
    stationarity: Stationarity
    walks: bool


def _course(even: Timeline, number: int, place: int, frequency: Frequency) -> _Course | None:
    """Return how one variable of one series goes; None where it is too short, empty or constant."""
    part = slice(max(int(even.starts[number]), int(even.starts[number + 1]) - MAX_STEPS), int(even.starts[number + 1]))
    given = even.values[part, place].astype(np.float64)
    if np.isfinite(given).sum() < MIN_STEPS:
        return None
    values = fill_between(given)
    if np.ptp(values) == 0:
        return None
    seasons = find_seasons(values, usual_seasons(frequency))
    bare = without_seasons(values, seasons)
    longest = max((one.period for one in seasons if one.is_steady), default=1)
    trend, _ = strengths(take_apart(values if longest > 1 else bare, longest))
    return _Course(seasons, trend, find_stationarity(bare), not seasons and walks_at_random(values))


def _seasons(found: Sequence[Sequence[Season]]) -> tuple[SeasonFound, ...]:
    """Return the periods of all series, the most frequent first."""
    held: dict[tuple[int, bool], list[float]] = {}
    for seasons in found:
        for one in seasons:
            held.setdefault((one.period, one.is_steady), []).append(one.strength)
    ranked = sorted(held.items(), key=lambda item: -len(item[1]))  # stable: as found in the first series
    return tuple(
        SeasonFound(period, float(np.median(strength)), len(strength) / len(found), steady)
        for (period, steady), strength in ranked[:MAX_NAMED]
    )
