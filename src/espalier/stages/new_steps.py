"""New steps for a trained forecast: the past that a source holds, and what comes after it."""

import numpy as np
import polars as pl

from espalier.core.batch import Prediction
from espalier.core.errors import ColumnError
from espalier.core.records import IntArray, Records
from espalier.core.schema import Kind, Role, Schema
from espalier.core.timeline import Timeline
from espalier.data.prepare.forecast import PreparedForecast
from espalier.data.series.frequency import Frequency, find_frequency
from espalier.tasks.forecasting import Forecasting


def present(records: Records, prepared: PreparedForecast) -> Records:
    """Return the last step of each series whose values are known: what comes after it is forecast.

    Args:
        records: parsed, with their series.
        prepared: says how long a past is needed, and what must be known ahead.

    Raises:
        ColumnError: a series is shorter than the look-back, or what is known ahead ends too early.
    """
    timeline, form = records.timeline, prepared.form
    if timeline is None:
        raise ColumnError(f"{records.source} is no series that runs in time: no column orders its rows.")
    lasts = []
    for number, name in enumerate(timeline.ids):
        first, end = int(timeline.starts[number]), int(timeline.starts[number + 1])
        known = np.flatnonzero(np.isfinite(timeline.values[first:end, : prepared.num_targets]).any(axis=1))
        last = first + int(known[-1]) if len(known) else first - 1
        said = f"The series {name or records.source}"
        if last - first + 1 < form.look_back:
            raise ColumnError(
                f"{said} has {last - first + 1} known steps; this model looks back {form.look_back}. Give a longer past."
            )
        missing = last + form.horizon - (end - 1)
        if form.known and missing > 0:
            raise ColumnError(
                f"{said} ends {end - 1 - last} steps after its last known value; {', '.join(form.known)} must be known for the "
                f"{form.horizon} steps that are forecast. Add rows with these values and with the others empty."
            )
        lasts.append(last)
    rows = timeline.rows[np.array(lasts)]
    places = np.flatnonzero(np.isin(records.rows, rows))
    return records.take(places)


def future(
    records: Records, prediction: Prediction, prepared: PreparedForecast, task: Forecasting, schema: Schema
) -> pl.DataFrame:
    """Return one line per series and step that is forecast: its name, its time, and a column for each variable.

    Columns are `prediction` (`prediction_<column>` where several are forecast) and `quantile_<q>` likewise.

    Args:
        records: one row for each series, as `present` gives them.
        prediction: from these rows.
        prepared: names the columns.
        task: names the quantiles.
        schema: names the columns of time and of the series.
    """
    timeline, horizon = records.timeline, prepared.form.horizon
    columns = prepared.columns[: prepared.num_targets]
    made: dict[str, pl.Series | np.ndarray] = {}
    if timeline is not None:
        positions = timeline.position_of(prediction.rows)
        for name in schema.names(Role.GROUP):
            ids = np.array(timeline.ids, dtype=object)[timeline.series_of(positions)]
            made[name] = pl.Series(np.repeat(ids, horizon).tolist(), dtype=pl.String)
        for name in schema.names(Role.TIME):
            made[name] = _times(timeline, positions, horizon, schema.columns[name].kind)
    for place, column in enumerate(columns):
        ending = f"_{column}" if len(columns) > 1 else ""
        made[f"prediction{ending}"] = prediction.values[:, place].reshape(-1)
        if prediction.quantiles is not None:
            for number, level in enumerate(task.quantiles):
                made[f"quantile_{level:g}{ending}"] = prediction.quantiles[:, place, :, number].reshape(-1)
    return pl.DataFrame(made)


def _times(timeline: Timeline, positions: np.ndarray, horizon: int, kind: Kind) -> pl.Series:
    """Return the times of the steps after some positions: dates go on by the series' usual step, counters by one."""
    steps = np.arange(1, horizon + 1)
    if timeline.times is None or kind is not Kind.DATE:
        first = timeline.starts[timeline.series_of(positions)]
        return pl.Series((positions - first + 1)[:, None] + steps).explode()
    return _after(timeline.times[positions], find_frequency(timeline.times[: timeline.starts[1]]), steps)


def _after(last: IntArray, frequency: Frequency, steps: IntArray) -> pl.Series:
    """Return the times of the steps that follow some times, (N x H)."""
    stamps = pl.Series(np.repeat(last, len(steps))).cast(pl.Datetime("us"))
    ahead = pl.Series(np.tile(steps, len(last)))
    if frequency.months is not None:
        offsets = (ahead * frequency.months).cast(pl.String) + "mo"
        return pl.select(pl.lit(stamps).dt.offset_by(pl.lit(offsets))).to_series()
    if frequency.is_business:
        return pl.select(pl.lit(stamps).dt.add_business_days(pl.lit(ahead))).to_series()
    if frequency.microseconds is None:
        raise ColumnError("The steps of the series are irregular, so that the times of later steps cannot be told.")
    return (stamps.to_physical() + ahead * frequency.microseconds).cast(pl.Datetime("us"))
