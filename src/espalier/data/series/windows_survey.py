"""Survey of windows: what they are like, which hold nothing, and which are copies or parts of one recording."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from espalier.core.records import Hints, Records
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.clean import ALIKE
from espalier.data.parse import LINE_SUFFIXES
from espalier.data.series.column import Windows, channels_of, windows_of
from espalier.data.series.sameness import Sameness, find_same
from espalier.data.series.stamps import Marked, marked

RECORDING = ".recording"  # ends the name of the column that gives windows which share steps one value
MAX_CLASSES = 100
MAX_RECORDING = 0.5  # share of the windows; where one recording has more, none can be kept on one side
MIN_RECORDINGS = 3
SHOWN, SHOWN_CLASSES = 3, 10
WHY_ALIKE = "windows that are equal share a value; they stay in one part"
WHY_RECORDING = "windows that share steps were cut out of one recording, and must stay on one side of a split"


@dataclass(frozen=True)
class WindowsSurvey:
    """What the windows of one column are like.

    Args:
        column: its name.
        num_windows: how many there are.
        channels: C.
        lengths: steps of the shortest, the middle and the longest window that has any.
        classes: windows of each class; empty where there are none, or more than 100.
        missing: share of the values within the windows that are missing.
        gapped: windows with missing values in channels that hold any.
        empty: windows without any value.
        flat: windows that never change in any channel.
        lost, constant: channels, from 1, that hold no value, or one value throughout.
        alike: windows that are equal to an earlier one.
        overlapping: windows that share steps with another one that is not equal.
        num_recordings: chains of windows that share steps; windows that share none count as one each.
        largest: share of the windows in the largest chain.
    """

    column: str
    num_windows: int
    channels: int
    lengths: tuple[int, int, int]
    classes: Mapping[str, int]
    missing: float
    gapped: Marked
    empty: Marked
    flat: Marked
    lost: tuple[int, ...]
    constant: tuple[int, ...]
    alike: Marked
    overlapping: Marked
    num_recordings: int
    largest: float

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)


def from_mapping(value: Mapping[str, Any]) -> WindowsSurvey:
    """Return the survey that plain values describe, also after a way through JSON."""
    marks = {
        key: Marked(value[key]["count"], tuple(value[key]["rows"]))
        for key in ("gapped", "empty", "flat", "alike", "overlapping")
    }
    listed = {key: tuple(value[key]) for key in ("lengths", "lost", "constant")}
    return WindowsSurvey(**{**value, **marks, **listed})


def windows_column(records: Records) -> str | None:
    """Return the name of the column of windows; None where there is none."""
    return next((name for name, column in records.hints.columns.items() if column.kind is Kind.SERIES), None)


def survey_windows(records: Records, schema: Schema | None = None) -> tuple[Records, WindowsSurvey | None]:
    """Look at every window once.

    Args:
        records: as they were read; records without windows stay as they are.
        schema: of other windows, for these to have the same columns; None for windows that stand for themselves.

    Returns:
        The records, with null for windows that hold no value, a column that marks those that are equal, and one that names
        their recording where some share steps; and the survey.
    """
    column = windows_column(records)
    if column is None:
        return records, None
    windows = windows_of(records.frame.get_column(column))
    known = np.isfinite(windows.steps)
    counts = np.bincount(windows.owners, known.any(axis=1), len(windows.lengths))
    same = find_same(windows)
    made = _survey(records, column, windows, known, counts == 0, same)
    names_recordings = made.overlapping.count > 0 or (schema is not None and column + RECORDING in schema.columns)
    return _marked(records, column, windows, counts == 0, same, made, names_recordings), made


def _survey(
    records: Records, column: str, windows: Windows, known: np.ndarray, empty: np.ndarray, same: Sameness
) -> WindowsSurvey:
    rows, num = records.rows, len(windows.lengths)
    lost = np.asarray(~known.any(axis=0))
    gapped = np.bincount(windows.owners, ~(known | lost).all(axis=1), num) > 0
    lengths = windows.lengths[windows.lengths > 0]
    spread = (int(lengths.min()), int(np.median(lengths)), int(lengths.max())) if len(lengths) else (0, 0, 0)
    values = np.where(known, windows.steps, np.nan)
    steady = _steady(windows, values)
    sizes = np.unique(same.recordings, return_counts=True)[1]
    return WindowsSurvey(
        column=column,
        num_windows=num,
        channels=channels_of(records.frame.get_column(column)),
        lengths=spread,
        classes=_classes(records),
        missing=float(1 - known.mean()) if known.size else 0.0,
        gapped=marked(rows[gapped & ~empty]),
        empty=marked(rows[empty]),
        flat=marked(rows[steady.all(axis=1) & ~empty & (windows.lengths > 1)]),
        lost=_channels(lost),
        constant=_channels(~lost & (_extreme(values, np.fmin) == _extreme(values, np.fmax))),
        alike=marked(rows[same.leaders != np.arange(num)]),
        overlapping=marked(rows[same.overlaps]),
        num_recordings=len(sizes),
        largest=float(sizes.max(initial=0) / max(num, 1)),
    )


def _channels(mask: np.ndarray) -> tuple[int, ...]:
    return tuple((np.flatnonzero(mask) + 1).tolist())


def _extreme(values: np.ndarray, which: np.ufunc) -> np.ndarray:
    """Return (C,) the least or greatest value of each channel; NaN where there is none."""
    return which.reduce(values, axis=0, initial=np.nan) if len(values) else np.full(values.shape[1], np.nan)


def _steady(windows: Windows, values: np.ndarray) -> np.ndarray:
    """Return (N, C) whether a channel never changes within a window."""
    steady = np.ones((len(windows.lengths), values.shape[1]), dtype=np.bool_)
    filled = np.flatnonzero(windows.lengths > 0)
    if len(filled):
        firsts = windows.starts[:-1][filled]
        low, high = np.fmin.reduceat(values, firsts, axis=0), np.fmax.reduceat(values, firsts, axis=0)
        steady[filled] = (low == high) | np.isnan(low)
    return steady


def _classes(records: Records) -> dict[str, int]:
    target = records.hints.target
    if target is None or records.frame.schema[target] != pl.String:
        return {}
    counted = records.frame.get_column(target).drop_nulls().value_counts(sort=True)
    return dict(counted.rows()) if counted.height <= MAX_CLASSES else {}


def _marked(
    records: Records,
    column: str,
    windows: Windows,
    empty: np.ndarray,
    same: Sameness,
    made: WindowsSurvey,
    names_recordings: bool,
) -> Records:
    """Return the records with the columns of sameness, and null where a window holds no value."""
    starts = windows.starts
    own = {int(n): windows.steps[starts[n] : starts[n + 1]].tobytes() for n in np.unique([same.leaders, same.recordings])}
    words = {n: hashlib.sha256(content).hexdigest()[:16] for n, content in own.items()}
    known = dict(records.hints.columns)
    columns = [
        pl.when(pl.lit(pl.Series(~empty))).then(pl.col(column)).alias(column),
        _words(words, same.leaders, column + ALIKE),
    ]
    known[column + ALIKE] = Column(Kind.CATEGORY, Role.IDENTIFIER, reason=WHY_ALIKE)
    if names_recordings:
        can_part = made.num_recordings >= MIN_RECORDINGS and made.largest <= MAX_RECORDING
        known[column + RECORDING] = Column(Kind.CATEGORY, Role.GROUP if can_part else Role.IDENTIFIER, reason=WHY_RECORDING)
        columns.append(_words(words, same.recordings, column + RECORDING))
    hints: Hints = replace(records.hints, columns=known)
    return replace(records, frame=records.frame.with_columns(columns), hints=hints)


def _words(words: Mapping[int, str], numbers: np.ndarray, name: str) -> pl.Expr:
    return pl.lit(pl.Series(name, [words[int(number)] for number in numbers], dtype=pl.String)).alias(name)


def window_sentences(survey: WindowsSurvey, source: str = "") -> tuple[str, ...]:
    """Return what was found out about windows, the most general first.

    Args:
        survey: of the windows.
        source: the name the person gave, which tells whether a row is a line.
    """
    word = "line" if any(suffix in source.lower() for suffix in LINE_SUFFIXES) else "window"
    low, middle, high = survey.lengths
    steps = f"{high:,} steps" if low == high else f"{low:,} to {high:,} steps (the middle one {middle:,})"
    channels = "1 channel" if survey.channels == 1 else f"{survey.channels:,} channels"
    told = [f"{survey.num_windows:,} windows of {steps} and {channels}."]
    if survey.classes:
        counts = ", ".join(f"'{name}' {count:,}" for name, count in list(survey.classes.items())[:SHOWN_CLASSES])
        more = f" and {len(survey.classes) - SHOWN_CLASSES:,} more" if len(survey.classes) > SHOWN_CLASSES else ""
        told.append(f"{len(survey.classes):,} classes: {counts}{more}.")
    if survey.gapped.count:
        told.append(f"{survey.missing:.1%} of the values are missing, in {_named(survey.gapped, word)}.")
    for found, what in ((survey.empty, "no value and cannot be used"), (survey.flat, "nothing that changes")):
        if found.count:
            told.append(
                f"{found.count:,} of the windows {'holds' if found.count == 1 else 'hold'} {what}: {_named(found, word)}."
            )
    for numbers, what in ((survey.lost, "no value"), (survey.constant, "one value throughout")):
        if numbers:
            shown = ", ".join(str(number) for number in numbers)
            told.append(f"Channel{'' if len(numbers) == 1 else 's'} {shown} hold{'s' if len(numbers) == 1 else ''} {what}.")
    if survey.alike.count:
        told.append(f"{survey.alike.count:,} of the windows equal an earlier one: {_named(survey.alike, word)}.")
    if survey.overlapping.count:
        told.append(_overlap(survey, word))
    return tuple(told)


def _overlap(survey: WindowsSurvey, word: str) -> str:
    start = f"{survey.overlapping.count:,} of the windows share steps with another one: {_named(survey.overlapping, word)}."
    if survey.num_recordings < MIN_RECORDINGS or survey.largest > MAX_RECORDING:
        return (
            f"{start} {survey.largest:.0%} of all hang together, too many to keep them on one side: split them in time instead."
        )
    return f"{start} They come from {survey.num_recordings:,} recordings, each of which must stay on one side of a split."


def _named(found: Marked, word: str) -> str:
    shown = [f"{row:,}" for row in found.rows[:SHOWN]]
    rest = found.count - len(shown)
    return f"{word}{'' if found.count == 1 else 's'} {', '.join(shown)}" + (f" and {rest:,} more" if rest else "")
