"""Prepared stretches: each step of a series with those before it, which a network writes anew to tell how usual they are."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from espalier.core.batch import Batch, Batches, FloatArray, Prediction
from espalier.core.errors import ColumnError, PlanError
from espalier.core.plan_parts import StretchesPlan
from espalier.core.records import Records, TrainRecords
from espalier.core.schema import Role, Schema
from espalier.core.timeline import Timeline
from espalier.data.history_batches import Histories, HistoryBatches
from espalier.data.prepare.normal import CLASSES, is_odd
from espalier.data.prepare.step_scale import center_and_scale
from espalier.data.prepare.target import TargetKind
from espalier.data.prepare.window_statistics import NAMES, window_statistics
from espalier.data.series.fill import fill_forward
from espalier.data.series.windows import histories

LEAST_SPREAD = 1e-3  # deviation of a stretch that is scaled by its own, at least, as a share of its mean
QUIET = ("0", "0.0", "0.00", "false", "False", "no")  # what a column of labels holds at normal steps
ODD = ("1", "1.0", "1.00", "true", "True", "yes")


@dataclass(frozen=True, eq=False)
class PreparedStretches:
    """A fitted preparation of series whose steps are judged. It goes to JSON and back exactly.

    Args:
        columns: the channels.
        form: look-back, season, labels and scaling.
        center, scale: of each channel.
        others: columns that tell the time and the series of a step.
    """

    columns: tuple[str, ...]
    form: StretchesPlan
    center: tuple[float, ...]
    scale: tuple[float, ...]
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each channel."""
        return self.columns

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the column that each channel comes from."""
        return self.columns

    @property
    def columns_read(self) -> tuple[str, ...]:
        """Return the columns that rows must have to be answered."""
        return (*self.columns, *self.others)

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the two answers, in the order of their indices."""
        return CLASSES

    @property
    def num_simple(self) -> int:
        """Return the number of statistics of a stretch that simple models read."""
        return len(self.columns) * len(NAMES)

    def given(self) -> dict[str, Any]:
        """Return what the data decides about models, the task and baselines."""
        num, length = len(self.columns), self.form.look_back
        season = self.form.season
        return {"in_channels": num, "length": length, "season": season, "history": self._history, "in_time": True}

    def inputs(self, records: Records) -> tuple[Tensor, ...]:
        """Return of each row its position (N,), and all series (N, P, C), a view without a cost.

        Raises:
            ColumnError: the records are no series with these columns.
        """
        timeline = _timeline(self, records)
        places = torch.from_numpy(timeline.position_of(records.rows))
        scaled = (fill_forward(timeline).values - np.array(self.center)) / np.array(self.scale)
        values = torch.from_numpy(np.nan_to_num(scaled).astype(np.float32))
        return (places, values.expand(len(places), *values.shape))

    def batches(self, inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor | None, batch_size: int, seed: int) -> Batches:
        """Return batches to learn from: shuffled stretches (B, C, T), which are their own target.

        Args:
            inputs: of the training part, as `inputs` gives them.
            target: as `target` gives it.
            rows: (N,) int64 source rows, or None.
            batch_size: rows of one batch.
            seed: of the shuffling.
        """
        return HistoryBatches(_histories(self, inputs, target, rows), batch_size=batch_size, seed=seed)

    def in_order(self, inputs: tuple[Tensor, ...], target: Tensor | None, rows: Tensor) -> Iterator[Batch]:
        """Yield batches to be answered, in the order of the rows."""
        return _histories(self, inputs, target, rows).in_order()

    def blank(self, num_rows: int) -> tuple[Tensor, ...]:
        """Return stretches of zeros in the shape of what a model is called with."""
        return (torch.zeros(num_rows, len(self.columns), self.form.look_back),)

    def simple_inputs(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return what simple models read: statistics (N, F), no codes, and (N, C x history) what each step has behind it.

        Both are of scaled values. Where a history begins before all series do, it holds NaN.
        """
        stretches = _histories(self, inputs, None, None).take(slice(None)).inputs[0]
        numbers, _ = window_statistics(stretches.numpy(), None)
        codes = torch.empty(len(stretches), 0, dtype=torch.long)
        front = torch.full((self._history, len(self.columns)), float("nan"))
        behind = histories(torch.cat([front, inputs[1][0]]), inputs[0] + self._history, self._history)
        return (torch.from_numpy(numbers.astype(np.float32)), codes, behind.flatten(1))

    def known_values(self) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Return nothing: a series has no levels that training could have lacked."""
        return {}

    def target(self, records: Records) -> Tensor:
        """Return (N,) float32 0 for normal steps, 1 for odd ones; batches hold the stretches in its place."""
        return torch.from_numpy(self.target_values(records).astype(np.float32))

    def target_values(self, records: Records) -> FloatArray:
        """Return (N,) 1 for steps that are labelled as anomalies, 0 for others and where nothing is known."""
        return np.zeros(len(records)) if self.form.labels is None else labels_of(records, self.form.labels)

    def restore(self, prediction: Prediction, inputs: tuple[Tensor, ...]) -> Prediction:
        """Return the prediction as it is."""
        return prediction

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold, exactly."""
        return {"stretches": {**asdict(self), "form": asdict(self.form)}}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "PreparedStretches":
        """Return the preparation that plain values describe; a value that is missing raises KeyError or TypeError."""
        held = value["stretches"]
        lists = {name: tuple(one) for name, one in held.items() if isinstance(one, list)}
        return PreparedStretches(**{**held, **lists, "form": StretchesPlan(**held["form"])})

    @property
    def _history(self) -> int:
        """Return the steps that simple models look back: a stretch, and a season before it."""
        return self.form.look_back + (self.form.season if self.form.season > 1 else 0)


@dataclass(frozen=True)
class Anew:
    """Makes stretches their own target.

    Args:
        by_stretch: each channel of each stretch is brought to mean 0 and deviation 1 first.
    """

    by_stretch: bool

    def __call__(self, series: Tensor, target: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return stretches (B, C, T) twice, or with no target where none was given."""
        if self.by_stretch:
            mean, deviation = series.mean(dim=2, keepdim=True), series.std(dim=2, keepdim=True, correction=0)
            least = (LEAST_SPREAD * mean.abs()).clamp(min=LEAST_SPREAD)
            series = (series - mean) / deviation.maximum(least)
        return series, None if target is None else series


def fit_stretches(
    train: TrainRecords, schema: Schema, form: StretchesPlan, target_kind: TargetKind = "anomaly"
) -> PreparedStretches:
    """Return a preparation of stretches, scaled by the steps of the training part.

    Args:
        train: the training part; its rows are steps of a series that runs in time.
        schema: role of each column.
        form: of the stretches.
        target_kind: "anomaly"; others are asked of other rows.

    Raises:
        ColumnError: the rows are no series.
        PlanError: the task looks for no anomalies.
    """
    timeline = train.records.timeline
    if target_kind != "anomaly":
        raise PlanError("prepare.stretches is set, and the task looks for no anomalies. Use --task anomaly.")
    if timeline is None:
        raise ColumnError(f"{train.records.source} is no series that runs in time: no column orders its rows.")
    values = timeline.values[timeline.position_of(train.records.rows)].astype(np.float64)
    num = values.shape[1]
    center, scale = center_and_scale(values) if form.scale == "standard" else (np.zeros(num), np.ones(num))
    others = schema.names(Role.TIME, Role.GROUP)
    return PreparedStretches(timeline.names, form, tuple(center.tolist()), tuple(scale.tolist()), others)


def labels_of(records: Records, name: str) -> FloatArray:
    """Return (N,) 1 for steps that a column labels as anomalies, 0 for normal ones and for empty cells.

    Raises:
        ColumnError: no such column, or one that holds something else than 0 and 1.
    """
    if name not in records.frame.columns:
        raise ColumnError(f"{records.source} has no column '{name}', which is to tell the anomalies by 0 and 1. Name another.")
    column = records.frame.get_column(name).cast(pl.String).str.strip_chars()
    strange = column.filter(is_odd(column, (*QUIET, *ODD)))
    if len(strange):
        shown = ", ".join(repr(one) for one in strange.unique().sort().head(3).to_list())
        raise ColumnError(
            f"The column '{name}' is to tell the anomalies, and {len(strange):,} of {len(column):,} cells hold something else "
            f"than 0 and 1, for example {shown}. Name a column of 0 (normal) and 1 (anomaly)."
        )
    return is_odd(column, QUIET).astype(np.float64)


def _histories(
    prepared: PreparedStretches, inputs: tuple[Tensor, ...], target: Tensor | None, rows: Tensor | None
) -> Histories:
    """Return the stretches that end at some steps, as the network is given them."""
    change = Anew(prepared.form.scale == "window")
    return Histories(inputs[1][0], inputs[0], prepared.form.look_back, target, rows, change)


def _timeline(prepared: PreparedStretches, records: Records) -> Timeline:
    """Return the series of records.

    Raises:
        ColumnError: the records are no series with these columns.
    """
    timeline = records.timeline
    if timeline is None or timeline.names != prepared.columns:
        held = "is no series that runs in time" if timeline is None else f"holds the series {', '.join(timeline.names)}"
        raise ColumnError(f"{records.source} {held}; expected the columns {', '.join(prepared.columns)}, as in training.")
    return timeline
