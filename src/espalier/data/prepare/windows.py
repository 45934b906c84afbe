"""Prepared windows: recordings of one length become one tensor, shorter ones are filled up and their lengths told."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from espalier.core.batch import Batch, Batches, FloatArray, Prediction
from espalier.core.errors import ColumnError, PlanError
from espalier.core.plan import PreparePlan
from espalier.core.plan_parts import WindowsPlan
from espalier.core.records import Records, TrainRecords
from espalier.core.schema import Kind, Role, Schema
from espalier.data.batches import TensorBatches, in_order
from espalier.data.prepare.normal import NormalRows
from espalier.data.prepare.target import FittedTarget, Target, TargetKind, target_from_mapping
from espalier.data.prepare.window_statistics import NAMES, window_statistics
from espalier.data.series.column import Padded, Windows, channels_of, padded, windows_of

LEAST_DEVIATION = 1e-6  # of a channel that never changes, as a share of its size


@dataclass(frozen=True, eq=False)
class PreparedWindows:
    """A fitted preparation of windows: lists of steps to tensors, and predictions back. It goes to JSON and back exactly.

    Args:
        column: holds the windows.
        form: their length and scaling.
        center, scale: (C,) of each channel.
        target_step: the step for the target.
    """

    column: str
    form: WindowsPlan
    center: tuple[float, ...]
    scale: tuple[float, ...]
    target_step: FittedTarget | NormalRows

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each channel."""
        return tuple(f"{self.column} {number}" for number in range(1, len(self.center) + 1))

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the column that each channel comes from."""
        return (self.column,) * len(self.center)

    @property
    def columns_read(self) -> tuple[str, ...]:
        """Return the columns that rows must have to be answered."""
        return (self.column,)

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes in the order of their indices, the label columns, or nothing for a quantity."""
        return self.target_step.classes

    @property
    def num_simple(self) -> int:
        """Return the number of statistics of a window that simple models read."""
        return len(self.center) * len(NAMES)

    def given(self) -> dict[str, Any]:
        """Return what the data decides about a model: in_channels and length."""
        return {"in_channels": len(self.center), "length": self.form.length}

    def inputs(self, records: Records) -> tuple[Tensor, ...]:
        """Return the windows (N, C, T) float32, filled up with zeros, and their lengths (N,) where one is shorter than T.

        Raises:
            ColumnError: the records lack the column, a window has other channels, or a row has none.
        """
        found = _windows(self, records)
        series = padded(found, self.form.length)
        lengths = np.minimum(found.lengths, self.form.length)
        tensor = torch.from_numpy(_scaled(self, series)).nan_to_num_()
        return (tensor,) if (lengths == self.form.length).all() else (tensor, torch.from_numpy(lengths))

    def batches(self, inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor | None, batch_size: int, seed: int) -> Batches:
        """Return batches to learn from: shuffled.

        Args:
            inputs: of the training part, as `inputs` gives them.
            target: as `target` gives it.
            rows: (N,) int64 source rows, or None.
            batch_size: rows of one batch.
            seed: of the shuffling.
        """
        return TensorBatches(inputs, target, rows, batch_size=batch_size, seed=seed)

    def in_order(self, inputs: tuple[Tensor, ...], target: Tensor | None, rows: Tensor) -> Iterator[Batch]:
        """Yield batches to be answered, in the order of the rows."""
        return in_order(inputs, target, rows)

    def blank(self, num_rows: int) -> tuple[Tensor, ...]:
        """Return windows of zeros in the shape of what a model is called with."""
        return (torch.zeros(num_rows, len(self.center), self.form.length),)

    def simple_inputs(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return what simple models read: statistics of each channel (N, F), no codes, and the windows (N, C x T).

        Windows are scaled as the network sees them, with NaN behind their end.
        """
        series = ended(inputs)
        numbers, _ = window_statistics(series.numpy(), inputs[1].numpy() if len(inputs) > 1 else None)
        return (torch.from_numpy(numbers.astype(np.float32)), torch.empty(len(series), 0, dtype=torch.long), series.flatten(1))

    def known_values(self) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Return nothing: a window has no levels that training could have lacked."""
        return {}

    def target(self, records: Records) -> Tensor:
        """Return the target as it is learnt: class indices (N,) int64, else float32, scaled (N,) or labels (N, K).

        Where anomalies are asked for it is the windows themselves (N, C, T), NaN behind their end.
        """
        if isinstance(self.target_step, NormalRows):
            return ended(self.inputs(records))
        return self.target_step.apply(records)

    def target_values(self, records: Records) -> FloatArray:
        """Return the target as it is scored: class indices (N,), labels (N, K), or quantities in the person's units (N,).

        Where anomalies are asked for it is 0 for normal rows and 1 for the others (N,).
        """
        return self.target_step.values(records)

    def restore(self, prediction: Prediction, inputs: tuple[Tensor, ...]) -> Prediction:
        """Return the prediction with quantities in the person's units; classes stay indices."""
        return self.target_step.restore(prediction)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold, exactly."""
        return {
            "windows": asdict(self.form),
            "column": self.column,
            "center": list(self.center),
            "scale": list(self.scale),
            "target": self.target_step.to_mapping(),
        }

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "PreparedWindows":
        """Return the preparation that plain values describe; a value that is missing raises KeyError or TypeError."""
        form, given = WindowsPlan(**value["windows"]), value["target"]
        target = NormalRows.from_mapping(given) if "normal" in given else target_from_mapping(given)
        return PreparedWindows(value["column"], form, tuple(value["center"]), tuple(value["scale"]), target)


def fit_windows(
    train: TrainRecords,
    schema: Schema,
    plan: PreparePlan,
    target_kind: TargetKind,
    classes: tuple[str, ...] = (),
    normal: tuple[str, ...] = (),
) -> PreparedWindows:
    """Return a preparation of windows fitted on the training part.

    Args:
        train: the training part.
        schema: kind and role of each column; one input column holds windows.
        plan: with the form of the windows.
        target_kind: "class", "number", "count", "labels" or "anomaly".
        classes: of a class target, in their order.
        normal: those of them that are normal, where anomalies are asked for.

    Raises:
        ColumnError: several columns of windows, or a missing target.
        PlanError: the plan does not say how long windows are.
    """
    columns = schema.inputs(Kind.SERIES)
    if len(columns) != 1:
        raise ColumnError(
            f"{len(columns)} input columns hold windows ({', '.join(columns)}); expected one. "
            f"Leave the others out, for example --set schema.columns.{columns[-1]}.role=ignored"
        )
    if plan.windows is None:
        raise PlanError("prepare.windows is not set; expected the length that windows are brought to.")
    target = _fit_target(train, schema, plan, target_kind, classes, normal)
    steps = windows_of(train.records.frame.get_column(columns[0])).steps.astype(np.float64)
    center, scale = np.zeros(steps.shape[1]), np.ones(steps.shape[1])
    if plan.windows.scale == "standard":
        center, deviation = np.nan_to_num(np.nanmean(steps, axis=0)), np.nan_to_num(np.nanstd(steps, axis=0))
        scale = np.where(deviation > LEAST_DEVIATION * np.abs(center), deviation, 1)
    return PreparedWindows(columns[0], plan.windows, tuple(center.tolist()), tuple(scale.tolist()), target)


def ended(inputs: tuple[Tensor, ...]) -> Tensor:
    """Return windows (N, C, T) with NaN behind the end of each.

    Args:
        inputs: the windows, and their lengths (N,) where one is shorter than T.
    """
    if len(inputs) == 1:
        return inputs[0]
    behind = torch.arange(inputs[0].shape[2]) >= inputs[1].unsqueeze(1)
    return inputs[0].masked_fill(behind.unsqueeze(1), float("nan"))


def _fit_target(
    train: TrainRecords,
    schema: Schema,
    plan: PreparePlan,
    target_kind: TargetKind,
    classes: tuple[str, ...],
    normal: tuple[str, ...],
) -> FittedTarget | NormalRows:
    names = schema.names(Role.TARGET)
    if target_kind == "anomaly":
        return NormalRows(names[0] if names else None, normal)
    how = "standard" if plan.target == "auto" else plan.target
    return Target(target_kind, how, classes).fit(train, names)


def _windows(prepared: PreparedWindows, records: Records) -> Windows:
    """Return the windows of records.

    Raises:
        ColumnError: see `PreparedWindows.inputs`.
    """
    if prepared.column not in records.frame.columns:
        raise ColumnError(f"{records.source} has no column '{prepared.column}' of windows. Give windows as in training.")
    column, num = records.frame.get_column(prepared.column), len(prepared.center)
    if not len(column):
        return Windows(np.empty((0, num), dtype=np.float32), np.empty(0, dtype=np.int64))
    if channels_of(column) != num:
        raise ColumnError(
            f"The windows of {records.source} have {channels_of(column)} channels; this model reads {num}. "
            "Give the channels of the training, in its order."
        )
    found = windows_of(column)
    empty = np.flatnonzero(found.lengths == 0)
    if len(empty):
        raise ColumnError(
            f"{len(empty):,} of {len(column):,} rows of {records.source} have no step, the first is row "
            f"{records.rows[empty[0]]}. Leave them out."
        )
    return found


def _scaled(prepared: PreparedWindows, series: Padded) -> Padded:
    """Return windows (N, C, T) scaled as the plan says; NaN stays."""
    if prepared.form.scale == "window" and len(series):
        mean = np.nanmean(series, axis=2, keepdims=True)
        deviation = np.nanstd(series, axis=2, keepdims=True)
        return (series - mean) / np.where(deviation > LEAST_DEVIATION * np.abs(mean), deviation, 1)
    center, scale = (np.array(one, dtype=np.float32)[:, None] for one in (prepared.center, prepared.scale))
    return (series - center) / scale
