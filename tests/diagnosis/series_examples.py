"""The pairs of the checks that look at series and windows: evidence on which each must fire, and healthy evidence like it."""

from dataclasses import replace

import numpy as np
import polars as pl

from diagnosis.tables import evidence_of, plan_of, splits_of, stream, thirds
from espalier.core.plan_parts import ForecastPlan
from espalier.core.schema import Column, Kind, Role
from espalier.core.timeline import Timeline
from espalier.data.describe.describe import describe
from espalier.data.kinds.windows import made
from espalier.data.parse import parse
from espalier.data.series.column import Windows
from espalier.data.series.frequency import HOUR
from espalier.data.series.survey import survey_series
from espalier.data.series.windows_survey import survey_windows
from espalier.diagnosis.evidence import Evidence

NUM_STEPS = 240
START = np.datetime64("2024-01-01", "us").astype(np.int64)


def steps(places, values=None, rows=None, **forecast):
    """Return the evidence of one series with a step at each place, an hour apart from the next."""
    places = np.asarray(places)
    num = len(places)
    noise = stream(2).normal(size=(num, 2))
    values = noise if values is None else values
    times = START + places * HOUR
    order = np.argsort(times, kind="stable")
    rows = np.arange(2, num + 2)[order]
    timeline = Timeline(values[order].astype(np.float32), ("load", "hall"), np.array([0, num]), ("",), times[order], rows)
    columns = {"time": times.astype("datetime64[us]"), "load": values[:, 0], "hall": values[:, 1]}
    evidence = evidence_of(columns, target="load", time=Column(Kind.DATE, Role.TIME))
    plan = plan_of(evidence.schema, "time", "time")
    plan = replace(plan, prepare=replace(plan.prepare, forecast=ForecastPlan(**{"horizon": 6, "look_back": 12, **forecast})))
    records = replace(evidence.records, timeline=timeline)
    return replace(evidence, records=records, plan=plan, series=survey_series(timeline, time="time"))


def gaps_in_time(sick):
    places = np.arange(NUM_STEPS)
    return steps(np.delete(places, [50, 120, 121, 122]) if sick else places)


def stamps_in_disorder(sick):
    places = np.arange(NUM_STEPS)
    if sick:
        places[[60, 61]] = places[[61, 60]]
        places[100] = 99
    return steps(places)


def mixed_frequency(sick):
    return steps(np.cumsum(np.repeat([1, 3 if sick else 1], NUM_STEPS // 2)))


def silent_channels(sick):
    values = stream(3).normal(size=(NUM_STEPS, 2))
    values[10 if not sick else 0 :, 1] = 4.0
    return steps(np.arange(NUM_STEPS), values)


def long_look_back(sick):
    return steps(np.arange(NUM_STEPS), look_back=NUM_STEPS // 3 if sick else 24)


def known_ahead_ends_early(sick):
    values = stream(3).normal(size=(NUM_STEPS, 2))
    values[NUM_STEPS - (5 if sick else 0) :, 1] = np.nan
    return steps(np.arange(NUM_STEPS), values, known=("hall",))


def overlapping_windows(sick):
    """Windows cut out of recordings, each of them of one person's class; healthy: whole recordings are dealt out."""
    draws = stream(4)
    num, each = 30, 6
    walks = draws.normal(size=(num, 120, 2)).cumsum(axis=1)
    cut = np.concatenate([walk[first : first + 30] for walk in walks for first in range(0, 90, 15)])
    labels = np.repeat(np.where(draws.random(num) < 0.5, "a", "b"), each)
    label = {"label": pl.Series("label", labels)}
    source = made(Windows(cut.astype(np.float32), np.full(num * each, 30)), label, (), "walks.npz", ())
    records, found = survey_windows(source)
    schema, profile = describe(records, target=("label",))
    parsed = parse(records, schema).records
    whole = np.arange(num * each) // each % 5
    parts = thirds(num * each) if sick else [np.flatnonzero(np.isin(whole, one)) for one in ((0, 1, 2), (3,), (4,))]
    return Evidence(parsed, schema, profile, plan_of(schema), splits_of(parsed, parts), series=found)


PAIRS = {
    one.__name__: one
    for one in (
        gaps_in_time,
        stamps_in_disorder,
        mixed_frequency,
        silent_channels,
        long_look_back,
        known_ahead_ends_early,
        overlapping_windows,
    )
}
