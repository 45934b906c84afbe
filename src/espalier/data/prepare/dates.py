"""Dates: a date becomes its trend through the years and its place in the cycles of year, month, week and day."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.records import TrainRecords
from espalier.data.prepare.numbers import column_of, known
from espalier.data.prepare.scale import center_and_deviation

MICROSECONDS_OF_AN_HOUR = 3_600_000_000
HOURS_OF_A_YEAR = 24 * 365.2425
FIRST_YEAR = 1970
WEEKDAY_OF_DAY_ZERO = 3  # 1 January 1970 was a Thursday; Monday is 0
PERIODS = {"month": 12.0, "day": 31.0, "weekday": 7.0, "hour": 24.0}  # values in one turn of each cycle


@dataclass(frozen=True)
class Dates:
    """Learns which parts of each date column vary, and the size of its trend.

    Args:
        how: "cyclic" (trend as a number, each cycle as sine and cosine, so that December is next to January), or "parts"
            (year, month, day, weekday and hour as numbers).
        indicators: add a 0/1 column for each date column with missing values in training.
    """

    how: Literal["cyclic", "parts"] = "cyclic"
    indicators: bool = True

    def fit(self, train: TrainRecords, names: tuple[str, ...]) -> "FittedDates":
        """Return the fitted step.

        Args:
            train: the training part.
            names: its date columns.
        """
        return FittedDates(tuple(self._fit_column(column_of(train.records.frame, name)) for name in names))

    def _fit_column(self, column: pl.Series) -> "FittedDate":
        parts = _parts(column, ("year", "trend", *PERIODS))
        varying = [name for name, values in parts.items() if len(known(values)) and np.ptp(known(values)) > 0]
        cyclic = self.how == "cyclic"
        numbers = tuple(name for name in (("trend",) if cyclic else ("year", *PERIODS)) if name in varying)
        cycles = tuple(name for name in PERIODS if name in varying and cyclic)
        sizes = [center_and_deviation(known(parts[name])) for name in numbers]
        missing = self.indicators and column.null_count() > 0
        centers, scales = tuple(center for center, _ in sizes), tuple(scale for _, scale in sizes)
        return FittedDate(column.name, numbers, centers, scales, cycles, missing)


@dataclass(frozen=True)
class FittedDate:
    """Turns one date column into numbers.

    Args:
        column: its name.
        numbers: parts that become a number with mean 0 and deviation 1.
        centers, scales: one for each of `numbers`.
        cycles: parts that become a sine and a cosine.
        indicated: add a 0/1 column that tells a missing date.
    """

    column: str
    numbers: tuple[str, ...]
    centers: tuple[float, ...]
    scales: tuple[float, ...]
    cycles: tuple[str, ...]
    indicated: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each feature."""
        waves = tuple(f"{self.column} {cycle} {wave}" for cycle in self.cycles for wave in ("sine", "cosine"))
        missing = (f"{self.column} is missing",) if self.indicated else ()
        return tuple(f"{self.column} {part}" for part in self.numbers) + waves + missing

    def apply(self, frame: pl.DataFrame) -> FloatArray:
        """Return (N, P) the features; those of a missing date are 0, the middle of every circle."""
        column = column_of(frame, self.column)
        values = _parts(column, (*self.numbers, *self.cycles))
        features = np.empty((len(column), len(self.names)), order="F")
        for index, (name, center, scale) in enumerate(zip(self.numbers, self.centers, self.scales, strict=True)):
            features[:, index] = (values[name] - center) / scale
        for index, name in enumerate(self.cycles):
            angle = values[name] * (2 * np.pi / PERIODS[name])
            place = len(self.numbers) + 2 * index
            features[:, place], features[:, place + 1] = np.sin(angle), np.cos(angle)
        features[np.isnan(features)] = 0.0
        if self.indicated:
            features[:, -1] = np.isnat(column.to_numpy())
        return features

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedDate":
        """Return the step that plain values describe."""
        values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in value.items()}
        return FittedDate(**values)


@dataclass(frozen=True)
class FittedDates:
    """Turns date columns into numbers.

    Args:
        columns: one for each column.
    """

    columns: tuple[FittedDate, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each feature."""
        return tuple(name for column in self.columns for name in column.names)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the column that each feature comes from."""
        return tuple(column.column for column in self.columns for _ in column.names)

    def apply(self, frame: pl.DataFrame) -> FloatArray:
        """Return (N, P) the features of all columns."""
        return np.hstack([np.empty((frame.height, 0)), *(column.apply(frame) for column in self.columns)])

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"columns": [column.to_mapping() for column in self.columns]}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedDates":
        """Return the step that plain values describe."""
        return FittedDates(tuple(FittedDate.from_mapping(column) for column in value["columns"]))


def _parts(column: pl.Series, names: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return the parts of each date, counted from 0 where they are cycles; NaN where the date is missing."""
    dates = column.to_numpy().astype("datetime64[us]")
    missing = np.isnat(dates)
    parts = {name: _part(dates, name) for name in names}
    if missing.any():
        for values in parts.values():
            values[missing] = np.nan
    return parts


def _part(dates: np.ndarray, name: str) -> FloatArray:
    """Return one part of each date, a whole number but for trend and hour."""
    days = dates.astype("datetime64[D]")
    match name:
        case "hour":
            return (dates - days).astype(np.float64) / MICROSECONDS_OF_AN_HOUR
        case "weekday":
            return np.mod(days.astype(np.int64) + WEEKDAY_OF_DAY_ZERO, 7).astype(np.float64)
        case "day":
            return (days - dates.astype("datetime64[M]")).astype(np.float64)
        case "month":
            return np.mod(dates.astype("datetime64[M]").astype(np.int64), 12).astype(np.float64)
        case "year":
            return dates.astype("datetime64[Y]").astype(np.float64) + FIRST_YEAR
        case _:
            return dates.astype(np.float64) / (HOURS_OF_A_YEAR * MICROSECONDS_OF_AN_HOUR) + FIRST_YEAR
