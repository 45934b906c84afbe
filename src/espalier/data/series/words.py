"""Words: what was found out about series, in sentences for a person."""

from collections.abc import Callable, Sequence

from espalier.core.schema import Column
from espalier.data.parse import LINE_SUFFIXES
from espalier.data.series.frequency import DAY, HOUR, MINUTE, WEEK, Frequency
from espalier.data.series.stamps import Marked
from espalier.data.series.survey import SeriesSurvey, Variable

SHOWN_ROWS = 3
SHOWN_NAMES = 4
STRONG, SOME = 0.6, 0.3  # of a trend
SPANS = ((365 * DAY, "a year"), (WEEK, "a week"), (DAY, "a day"), (HOUR, "an hour"), (MINUTE, "a minute"))
BUSINESS_SPANS = {5: "a week", 261: "a year"}
MONTH_SPANS = {12: "a year", 3: "a quarter"}
RETURNS = {
    "level": "come back to a level",
    "trend": "come back to a straight trend",
    "drift": "come back to a level that itself moves slowly",
    "changes": "wander, and their changes from step to step come back to a level",
    "none": "wander, and so do their changes",
}
Word = Callable[[int], str]


def sentences_of(survey: SeriesSurvey, source: str = "") -> tuple[str, ...]:
    """Return what was found out, the most general first.

    Args:
        survey: of the series.
        source: the name the person gave, which tells whether a row is a line.
    """
    is_text = any(suffix in source.lower() for suffix in LINE_SUFFIXES)
    told = [_extent(survey), *_stamps(survey, "line" if is_text else "row"), *_clock(survey)]
    told += [one for variable in survey.variables for one in _holes(variable, survey, "lines" if is_text else "rows")]
    return tuple(one for one in (*told, *_courses(survey)) if one)


def zone_of(column: Column, notes: Sequence[str] = ()) -> str:
    """Return what is known of the time zone of a column of dates, a sentence; or nothing.

    Args:
        column: of the stamps.
        notes: of the reader.
    """
    if "%z" in (column.format or "") or any("was turned to UTC time" in note for note in notes):
        return "The stamps tell their distance from UTC and are read as UTC, so an hour of the day is one of UTC."
    return ""


def span_in_words(period: int, frequency: Frequency) -> str:
    """Return how long a period lasts, such as "a day"; nothing where the calendar has no word for it.

    Example:
        >>> span_in_words(24, Frequency("hourly", HOUR)), span_in_words(12, Frequency("monthly", None, 1))
        ('a day', 'a year')
    """
    if frequency.months is not None:
        return MONTH_SPANS.get(period * frequency.months, "")
    if frequency.is_business:
        return BUSINESS_SPANS.get(period, "")
    if frequency.microseconds is None:
        return ""
    return next((words for span, words in SPANS if span == period * (frequency.microseconds or 0)), "")


def _extent(survey: SeriesSurvey) -> str:
    low, middle, high = survey.lengths
    if survey.num_series == 1:
        size = f"1 series of {high:,} steps"
    else:
        steps = f"{high:,} steps each" if low == high else f"{low:,} to {high:,} steps (the middle one {middle:,})"
        size = f"{survey.num_series:,} series of {steps}"
    if survey.usual.name == "counted":
        return f"{size}; steps are counted, without times."
    ends = f"from {_short(survey.first)} to {_short(survey.last)}"
    if len(survey.frequencies) > 1:
        shown = ", ".join(f"{name} ({count:,})" for name, count in list(survey.frequencies.items())[:SHOWN_NAMES])
        return f"{size}, {ends}; their frequencies differ: {shown}."
    return f"{size}, {survey.usual.name}, {ends}."


def _short(moment: str) -> str:
    return moment.removesuffix("T00:00:00").replace("T", " ")


def _stamps(survey: SeriesSurvey, word: str) -> list[str]:
    gaps, told = survey.gaps, []
    if survey.stretches:
        parts = ", then ".join(f"{one.name} from {word} {one.row:,} on ({one.share:.0%})" for one in survey.stretches)
        told.append(f"The frequency is mixed: {parts}. Bring the series to one frequency, or train on one stretch.")
    elif survey.usual.name == "irregular":
        told.append("The stamps follow no frequency: steps are counted, whatever time lies between them.")
    if gaps.count and survey.usual.is_business:
        told.append(f"{gaps.missing:,} weekdays are missing, as holidays are; days that are there are counted as steps.")
    elif gaps.count:
        stamps = "1 stamp is" if gaps.missing == 1 else f"{gaps.missing:,} stamps are"
        where = "1 gap" if gaps.count == 1 else f"{gaps.count:,} gaps"
        long = f", the longest of {gaps.longest:,} steps before {word} {gaps.longest_row:,}" if gaps.longest > 1 else ""
        told.append(f"{stamps} missing in {where}{long} ({_rows(Marked(gaps.count, gaps.rows), word, 'before ')}).")
    if survey.doubled.count:
        told.append(f"{_counted(survey.doubled, word)} the same stamp as another: {_rows(survey.doubled, word)}.")
    if survey.disordered.count:
        verb = "stands" if survey.disordered.count == 1 else "stand"
        rows = f"{survey.disordered.count:,} {word if survey.disordered.count == 1 else word + 's'}"
        told.append(f"{rows} {verb} out of order: {_rows(survey.disordered, word)}. All are put in order of time.")
    if survey.num_reversed:
        told.append("The rows stand from the latest to the earliest; they are put in order of time.")
    if survey.off_grid.count and not survey.stretches:
        told.append(
            f"{_counted(survey.off_grid, word)} a stamp between the steps of the frequency: {_rows(survey.off_grid, word)}."
        )
    return told


def _clock(survey: SeriesSurvey) -> list[str]:
    lost, twice = survey.hours_lost.count, survey.hours_doubled.count
    if not lost and not twice:
        return [survey.zone]
    nights = [f"{lost:,} lost" if lost else "", f"{twice:,} doubled" if twice else ""]
    return [
        f"The stamps follow a clock that is put forward and back (daylight saving): {' and '.join(filter(None, nights))} "
        f"{'hour' if lost + twice == 1 else 'hours'}. Write stamps in UTC, and no hour is lost or doubled.",
        survey.zone,
    ]


def _counted(found: Marked, word: str) -> str:
    return f"{found.count:,} {word} has" if found.count == 1 else f"{found.count:,} {word}s have"


def _rows(found: Marked, word: str, before: str = "") -> str:
    rows = [f"{row:,}" for row in found.rows[:SHOWN_ROWS]]
    rest = found.count - len(rows)
    more = f" and {rest:,} more" if rest else ""
    return f"{before}{word if len(rows) == 1 and not rest else word + 's'} {', '.join(rows)}{more}"


def _holes(variable: Variable, survey: SeriesSurvey, word: str) -> list[str]:
    told = []
    for count, what in ((variable.empty, "holds no value"), (variable.constant, "never changes")):
        if count and survey.num_series == 1:
            told.append(f"'{variable.name}' {what}: nothing can be learnt from it. Leave it out.")
        elif count:
            named = ", ".join(f"'{name}'" for name in variable.named[:SHOWN_NAMES])
            told.append(f"'{variable.name}' {what} in {count:,} of {survey.num_series:,} series (among {named}).")
    if variable.missing and variable.empty < survey.num_series:
        share = f"{variable.missing / survey.num_steps:.1%}"
        ends = " to ".join(f"{row:,}" for row in variable.longest_rows)
        run = f", at most {variable.longest:,} in a row ({word} {ends})" if variable.longest > 1 else ""
        told.append(f"'{variable.name}' is missing in {variable.missing:,} steps ({share}){run}.")
    return told


def _courses(survey: SeriesSurvey) -> list[str]:
    """Return sentences on seasons, trend and stationarity, variables that are alike in one."""
    told: list[str] = []
    periods: dict[tuple[int, bool], list[tuple[Variable, float, float]]] = {}
    for variable in survey.variables:
        for season in variable.seasons:
            if season.fraction >= SOME:
                held = periods.setdefault((season.period, season.is_steady), [])
                held.append((variable, season.strength, season.fraction))
    for (period, is_steady), found in periods.items():
        told.append(_season(survey, period, is_steady, found))
    seasonless = [one.name for one in survey.variables if not any(season.fraction >= SOME for season in one.seasons)]
    known = [one.name for one in survey.variables if one.stationarity]
    if known and seasonless:
        told.append(f"No season was found in {_names([one for one in seasonless if one in known])}.".replace(" in .", "."))
    strong = [one for one in survey.variables if one.trend >= STRONG]
    if strong:
        told.append(f"{_names([one.name for one in strong])} {_verb(strong, 'has', 'have')} a strong trend.")
    for key, words in RETURNS.items():
        alike = [one for one in survey.variables if next(iter(one.stationarity), "") == key]
        if alike:
            told.append(_returns(survey, alike, key, words))
    walks = [one for one in survey.variables if one.num_walks > max(survey.num_looked, 1) / 2]
    if walks:
        told.append(
            f"{_names([one.name for one in walks])} {_verb(walks, 'moves', 'move')} like a random walk: the past does not tell "
            "the next change, so a model has yet to show that it beats tomorrow = today."
        )
    return [one for one in told if one]


def _season(survey: SeriesSurvey, period: int, is_steady: bool, found: Sequence[tuple[Variable, float, float]]) -> str:
    names = _names([variable.name for variable, _, _ in found])
    span = span_in_words(period, survey.usual)
    steps = f"{period:,} steps ({span})" if span else f"{period:,} steps"
    share = f" in {found[0][2]:.0%} of the series" if survey.num_series > 1 and len(found) == 1 else ""
    if not is_steady:
        repeats = "comes" if len(found) == 1 else "come"
        return f"{names} {repeats} again after about {steps}{share}, but not steadily: some cycles are longer than others."
    repeats = "repeats itself" if len(found) == 1 else "repeat themselves"
    low, high = min(one[1] for one in found), max(one[1] for one in found)
    strength = f"{high:.2f}" if len(found) == 1 else f"{low:.2f} to {high:.2f}"
    return f"{names} {repeats} every {steps}{share}, with a strength of {strength} (0 none, 1 nothing else)."


def _returns(survey: SeriesSurvey, alike: Sequence[Variable], key: str, words: str) -> str:
    names = _names([one.name for one in alike])
    if survey.num_series > 1:
        counts = [one.stationarity[key] for one in alike]
        return f"Most often (in {min(counts):,} of {survey.num_looked:,} series looked at) the values of {names} {words}."
    return f"The values of {names} {words}."


def _names(names: Sequence[str]) -> str:
    shown = [f"'{name}'" for name in names[:SHOWN_NAMES]]
    rest = len(names) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def _verb(found: Sequence[Variable], one: str, several: str) -> str:
    return one if len(found) == 1 else several
