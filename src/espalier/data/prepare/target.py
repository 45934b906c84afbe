"""The target: classes become indices, quantities are scaled, and predictions are brought back to the person's units."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl
import torch
from torch import Tensor

from espalier.core.batch import FloatArray, Prediction
from espalier.core.errors import ColumnError, PlanError
from espalier.core.records import Records, TrainRecords
from espalier.data.prepare.numbers import LevelIndex, column_of, known
from espalier.data.prepare.scale import center_and_deviation

LARGEST_LOG = 700.0  # expm1 of more is infinite
MAX_SHOWN = 5  # rows or values named in a message
YES = ("1", "1.0", "true", "yes", "y", "t")

TargetKind: TypeAlias = Literal["class", "number", "count", "labels", "box", "path", "anomaly"]


@dataclass(frozen=True)
class Target:
    """Learns how the target becomes a tensor.

    Args:
        kind: "class" (one of K), "number", "count" (how often, not scaled) or "labels" (several yes-or-no columns).
        how: for numbers, "none", "standard" (mean 0, deviation 1) or "log" (log(1 + y), then standard).
        classes: the classes in their order; empty to take those of the training part, sorted.
        hold: hold answers of numbers and counts within the range of training, widened by this share of it; None does not.
    """

    kind: TargetKind  # "box" is met in `data.prepare.boxes`
    how: Literal["none", "standard", "log"] = "standard"
    classes: tuple[str, ...] = ()
    hold: float | None = None

    def fit(self, train: TrainRecords, names: tuple[str, ...]) -> "FittedTarget":
        """Return the fitted target.

        Args:
            train: the training part.
            names: the target column, or all of them for labels.

        Raises:
            ColumnError: no target, or a missing value in it.
            PlanError: "log" where a target is -1 or less, or a count below 0.
        """
        if not names:
            raise ColumnError("The data has no target column. Name the one to predict with --target.")
        if self.kind == "labels":
            return FittedLabels(names, tuple(_yes(column_of(train.records.frame, name)) for name in names))
        if self.kind == "class":
            texts = _texts(column_of(train.records.frame, names[0]))
            return FittedClasses(names[0], self.classes or tuple(texts.drop_nulls().unique().sort().to_list()))
        return self._fit_number(train, names[0])

    def _fit_number(self, train: TrainRecords, name: str) -> "FittedNumber":
        values = FittedNumber(name).values(train.records)
        low = values.argmin()
        given = f"The target '{name}' is {values[low]:g} in row {train.records.rows[low]}"
        held = self._held(values)
        if self.kind == "count" and values[low] < 0:
            raise PlanError(f"{given}; a count is 0 or more. Use --set task.name=regression.")
        if self.kind == "count" or self.how == "none":
            return FittedNumber(name, held=held)
        if self.how == "log" and values[low] <= -1:
            raise PlanError(f"{given}; prepare.target 'log' needs every target above -1. Use --set prepare.target=standard.")
        log = self.how == "log"
        center, scale = center_and_deviation(known(np.log1p(values) if log else values))
        return FittedNumber(name, log, center, scale, float(values[low]), held)

    def _held(self, values: FloatArray) -> tuple[float, float] | None:
        """Return the bounds within which answers are held."""
        if self.hold is None:
            return None
        low, high = float(values.min()), float(values.max())
        return low - self.hold * (high - low), high + self.hold * (high - low)


@dataclass(frozen=True)
class FittedClasses:
    """One class out of K.

    Args:
        column: the target column.
        classes: in their order.
    """

    column: str
    classes: tuple[str, ...]

    def apply(self, records: Records) -> Tensor:
        """Return (N,) int64 class indices."""
        return torch.from_numpy(self.values(records).astype(np.int64))

    def values(self, records: Records) -> FloatArray:
        """Return (N,) class indices.

        Raises:
            ColumnError: a missing value, or a class that training did not know.
        """
        texts = _texts(column_of(records.frame, self.column))
        found = LevelIndex(self.classes).find(texts)
        _refuse_missing(self.column, found == -2, records)
        if (found < 0).any():
            unknown = texts.filter(pl.Series(found < 0)).unique().sort().head(MAX_SHOWN).to_list()
            raise ColumnError(
                f"The target '{self.column}' holds {', '.join(map(repr, unknown))}, for example in row "
                f"{records.rows[found < 0][0]}; the classes are {', '.join(self.classes[:20])}. Correct or remove these rows."
            )
        return found

    def restore(self, prediction: Prediction) -> Prediction:
        """Return the prediction as it is: classes stay indices."""
        return prediction

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"column": self.column, "classes": list(self.classes)}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedClasses":
        """Return the target that plain values describe."""
        return FittedClasses(value["column"], tuple(value["classes"]))


@dataclass(frozen=True)
class FittedNumber:
    """A quantity or a count.

    Args:
        column: the target column.
        log: take log(1 + y) first.
        center, scale: taken off, and divided by; scale is above 0.
        low: the smallest target of training; with `log`, smaller ones count as this.
        held: least and largest answer, in the person's units; those beyond are given as the nearer one. None holds none.
    """

    column: str
    log: bool = False
    center: float = 0.0
    scale: float = 1.0
    low: float = 0.0
    held: tuple[float, float] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Return no classes."""
        return ()

    def apply(self, records: Records) -> Tensor:
        """Return (N,) float32 scaled values."""
        values = self.values(records)
        if self.log:
            values = np.log1p(np.maximum(values, self.low))
        return torch.from_numpy(((values - self.center) / self.scale).astype(np.float32))

    def values(self, records: Records) -> FloatArray:
        """Return (N,) the values in the person's units.

        Raises:
            ColumnError: a missing value.
        """
        values = column_of(records.frame, self.column).cast(pl.Float64).to_numpy()
        _refuse_missing(self.column, ~np.isfinite(values), records)
        return values

    def restore(self, prediction: Prediction) -> Prediction:
        """Return the prediction in the person's units."""
        quantiles = None if prediction.quantiles is None else self._unscaled(prediction.quantiles)
        return replace(prediction, values=self._unscaled(prediction.values), quantiles=quantiles)

    def _unscaled(self, values: FloatArray) -> FloatArray:
        values = values * self.scale + self.center
        values = np.expm1(np.minimum(values, LARGEST_LOG)) if self.log else values
        return values if self.held is None else np.clip(values, *self.held)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        held = None if self.held is None else list(self.held)
        return {
            "column": self.column,
            "log": self.log,
            "center": self.center,
            "scale": self.scale,
            "low": self.low,
            "held": held,
        }

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedNumber":
        """Return the target that plain values describe."""
        held = value.get("held")  # absent from runs of earlier versions
        return FittedNumber(**{**value, "held": None if held is None else tuple(held)})


@dataclass(frozen=True)
class FittedLabels:
    """Several yes-or-no columns.

    Args:
        columns: the target columns.
        yes: what means yes in each; numbers mean yes above 0.
    """

    columns: tuple[str, ...]
    yes: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the labels: the names of the columns."""
        return self.columns

    def apply(self, records: Records) -> Tensor:
        """Return (N, K) float32 of 0 and 1."""
        return torch.from_numpy(self.values(records).astype(np.float32))

    def values(self, records: Records) -> FloatArray:
        """Return (N, K) 1 for yes, 0 for no.

        Raises:
            ColumnError: a missing value.
        """
        values = np.empty((len(records), len(self.columns)))
        for index, (name, yes) in enumerate(zip(self.columns, self.yes, strict=True)):
            column = column_of(records.frame, name)
            _refuse_missing(name, column.is_null().to_numpy(), records)
            values[:, index] = (column > 0 if column.dtype.is_numeric() else column.cast(pl.String) == yes).to_numpy()
        return values

    def restore(self, prediction: Prediction) -> Prediction:
        """Return the prediction as it is."""
        return prediction

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {"columns": list(self.columns), "yes": list(self.yes)}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedLabels":
        """Return the target that plain values describe."""
        return FittedLabels(tuple(value["columns"]), tuple(value["yes"]))


FittedTarget: TypeAlias = FittedClasses | FittedNumber | FittedLabels


def target_from_mapping(value: Mapping[str, Any]) -> FittedTarget:
    """Return the fitted target that plain values describe."""
    if "classes" in value:
        return FittedClasses.from_mapping(value)
    return FittedLabels.from_mapping(value) if "columns" in value else FittedNumber.from_mapping(value)


def _texts(column: pl.Series) -> pl.Series:
    """Return the classes as text; whole numbers without a decimal point."""
    if column.dtype.is_float() and (column.fill_null(0) == column.fill_null(0).round()).all():
        column = column.cast(pl.Int64)
    return column.cast(pl.String)


def _yes(column: pl.Series) -> str:
    """Return the text that means yes: a usual word for it, or else the last in the alphabet."""
    texts = column.cast(pl.String).drop_nulls().unique().sort().to_list()
    return next((text for text in texts if text.strip().lower() in YES), texts[-1] if texts else "")


def _refuse_missing(name: str, missing: np.ndarray, records: Records) -> None:
    if missing.any():
        rows = records.rows[missing]
        shown = ", ".join(str(row) for row in rows[:MAX_SHOWN])
        raise ColumnError(
            f"The target '{name}' is missing in {len(rows)} of {len(records)} rows (row {shown}). "
            "Fill it in, or leave these rows out."
        )
