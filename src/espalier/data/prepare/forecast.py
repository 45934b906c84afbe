"""Prepared forecasts: a series becomes the windows before its steps, and forecasts come back in the person's units."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from espalier.core.batch import Batch, Batches, FloatArray, Prediction
from espalier.core.errors import ColumnError
from espalier.core.plan_parts import ForecastPlan
from espalier.core.records import Records
from espalier.core.timeline import Timeline
from espalier.data.history_batches import Histories, HistoryBatches
from espalier.data.series.ahead import ahead
from espalier.data.series.cycles import cycle_channels
from espalier.data.series.fill import fill_forward
from espalier.data.series.windows import as_windows, futures, histories

ENDS = 2  # place among the inputs of where each channel ends, for those who show a channel at another time
LEAST_SPREAD = 1e-3  # deviation of a window that is scaled by its own, at least, as a share of its mean


@dataclass(frozen=True, eq=False)
class PreparedForecast:
    """A fitted preparation of series that run in time. It goes to JSON and back exactly.

    Args:
        columns: the channels that come from columns, those that are forecast first.
        num_targets: V, how many these are.
        form: horizon, look-back, season, scaling, and what is known ahead.
        center, scale: of each of these channels.
        errors: (V,) mean error of the seasonal naive forecast in the training part.
        cycles: of the calendar, that the network is given.
        history: steps that simple models look back.
        others: columns that tell the time and the series of a step.
    """

    columns: tuple[str, ...]
    num_targets: int
    form: ForecastPlan
    center: tuple[float, ...]
    scale: tuple[float, ...]
    errors: tuple[float, ...]
    cycles: tuple[str, ...]
    history: int
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each channel."""
        return (*self.columns, *(f"{cycle} ({part})" for cycle in self.cycles for part in ("sine", "cosine")))

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the column that each channel comes from."""
        return (*self.columns, *(self.others[:1] * 2 * len(self.cycles)))

    @property
    def columns_read(self) -> tuple[str, ...]:
        """Return the columns that rows must have to be answered."""
        return (*self.columns, *self.others)

    @property
    def classes(self) -> tuple[str, ...]:
        """Return nothing: quantities are forecast."""
        return ()

    @property
    def num_simple(self) -> int:
        """Return the number of values that simple models read of a row."""
        return self.num_targets * self.history

    def given(self) -> dict[str, Any]:
        """Return what the data decides about models, tasks and baselines."""
        return {
            "in_channels": len(self.names),
            "length": self.form.look_back,
            "out_channels": self.num_targets,
            "num_targets": self.num_targets,
            "horizon": self.form.horizon,
            "season": self.form.season,
            "history": self.history,
            "scales": self.errors,
        }

    def inputs(self, records: Records) -> tuple[Tensor, ...]:
        """Return of each origin its position and its series' first (N, 2), and all series (N, P, C), a view without a cost.

        Raises:
            ColumnError: the records are no series with these columns.
        """
        timeline = _timeline(self, records)
        origins = timeline.position_of(records.rows)
        first = timeline.starts[timeline.series_of(origins)]
        values = _channels(self, timeline)
        return (torch.from_numpy(np.stack([origins, first], axis=1)), values.expand(len(origins), *values.shape))

    def batches(self, inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor | None, batch_size: int, seed: int) -> Batches:
        """Return batches to learn from: shuffled windows (B, C, T) with what follows them (B, V, H).

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
        """Return windows of zeros in the shape of what a model is called with."""
        return (torch.zeros(num_rows, len(self.names), self.form.look_back),)

    def simple_inputs(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return what simple models read: no numbers, no codes, and (N, V x history) what each origin has behind it.

        Histories are in the person's units; where they begin before the series does, they hold NaN.
        """
        origins, first = inputs[0].unbind(dim=1)
        nothing = torch.empty(len(origins), 0)
        front = torch.zeros(self.history - 1, self.num_targets)
        center, scale = (torch.from_numpy(one).float() for one in _level_of(self))
        plain = torch.cat([front, inputs[1][0, :, : self.num_targets] * scale + center])
        found = histories(plain, origins + self.history - 1, self.history)  # (N, V, history)
        behind = torch.arange(self.history - 1, -1, -1)  # steps that lie behind the origin
        too_early = behind > (origins - first).unsqueeze(1)
        return (nothing, nothing.long(), found.masked_fill(too_early.unsqueeze(1), float("nan")).flatten(1))

    def known_values(self) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Return nothing: a series has no levels that training could have lacked."""
        return {}

    def target(self, records: Records) -> Tensor:
        """Return what follows each origin as it is learnt: (N, V, H) float32, NaN where it is not known."""
        timeline = _timeline(self, records)
        center, scale = _level_of(self)
        values = torch.from_numpy((timeline.values[:, : self.num_targets] - center) / scale)
        return _following(values.float(), timeline, records, self.form.horizon)

    def target_values(self, records: Records) -> FloatArray:
        """Return what follows each origin, in the person's units: (N, V, H), NaN where it is not known."""
        timeline = _timeline(self, records)
        values = torch.from_numpy(timeline.values[:, : self.num_targets])
        return _following(values, timeline, records, self.form.horizon).double().numpy()

    def restore(self, prediction: Prediction, inputs: tuple[Tensor, ...]) -> Prediction:
        """Return the prediction in the person's units.

        Args:
            prediction: of all rows of the inputs, in their order.
            inputs: as `inputs` gives them.
        """
        center, scale = (one[:, None] for one in _level_of(self))
        if self.form.scale == "window":
            batches = _plain(self, inputs).in_order()
            parts = [_level(batch.inputs[0][:, : self.num_targets]) for batch in batches]
            center, scale = (torch.cat(part).double().numpy() for part in zip(*parts, strict=True))  # (N, V, 1)
        values, quantiles = prediction.values * scale + center, prediction.quantiles
        restored = None if quantiles is None else quantiles * scale[..., None] + center[..., None]
        return replace(prediction, values=values, quantiles=restored)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold, exactly."""
        return {"forecast": {**asdict(self), "form": asdict(self.form)}}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "PreparedForecast":
        """Return the preparation that plain values describe; a value that is missing raises KeyError or TypeError."""
        held = value["forecast"]
        lists = {name: tuple(one) for name, one in held.items() if isinstance(one, list)}
        form = ForecastPlan(**{**held["form"], "known": tuple(held["form"]["known"])})
        return PreparedForecast(**{**held, **lists, "form": form})


def _level_of(prepared: PreparedForecast) -> tuple[FloatArray, FloatArray]:
    """Return center and scale of the columns that are forecast, (V,) each."""
    num = prepared.num_targets
    return np.array(prepared.center[:num]), np.array(prepared.scale[:num])


def _timeline(prepared: PreparedForecast, records: Records) -> Timeline:
    """Return the series of records, with the channels in the order of training.

    Raises:
        ColumnError: the records are no series with these columns.
    """
    timeline = records.timeline
    if timeline is None or timeline.names != prepared.columns:
        held = "is no series that runs in time" if timeline is None else f"holds the series {', '.join(timeline.names)}"
        raise ColumnError(f"{records.source} {held}; expected the columns {', '.join(prepared.columns)}, as in training.")
    return timeline


def _channels(prepared: PreparedForecast, timeline: Timeline) -> Tensor:
    """Return (P, C) what the network sees of each step: scaled, gaps filled from before, what is known ahead moved back."""
    values = np.nan_to_num((fill_forward(timeline).values - np.array(prepared.center)) / np.array(prepared.scale))
    for name in prepared.form.known:
        place = prepared.columns.index(name)
        values[:, place] = ahead(values[:, place], timeline.starts, prepared.form.horizon)
    cycles = cycle_channels(timeline.times, len(timeline), prepared.cycles)
    return torch.from_numpy(np.hstack([values, cycles]).astype(np.float32))


def _plain(prepared: PreparedForecast, inputs: tuple[Tensor, ...]) -> Histories:
    """Return what lies before some origins, as the columns were scaled."""
    origins = inputs[2] if len(inputs) > ENDS else inputs[0][:, 0]
    return Histories(inputs[1][0], origins, prepared.form.look_back, None, None, _as_it_is)


def _histories(prepared: PreparedForecast, inputs: tuple[Tensor, ...], target: Tensor | None, rows: Tensor | None) -> Histories:
    """Return what lies before some origins as the network is given it."""
    plain = _plain(prepared, inputs)
    change = ByWindow(len(prepared.columns), prepared.num_targets) if prepared.form.scale == "window" else plain.change
    return replace(plain, target=target, rows=rows, change=change)


@dataclass(frozen=True)
class ByWindow:
    """Scales each window by its own mean and deviation, and the target in the same unit.

    Args:
        num_columns: channels that are scaled, the first ones.
        num_targets: V, the first of them, which the target holds too.
    """

    num_columns: int
    num_targets: int

    def __call__(self, series: Tensor, target: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return windows (B, C, T) and target (B, V, H), scaled."""
        mean, deviation = _level(series[:, : self.num_columns])
        scaled = torch.cat([(series[:, : self.num_columns] - mean) / deviation, series[:, self.num_columns :]], dim=1)
        if target is None:
            return scaled, None
        first = slice(self.num_targets)
        return scaled, (target - mean[:, first]) / deviation[:, first]


def _as_it_is(series: Tensor, target: Tensor | None) -> tuple[Tensor, Tensor | None]:
    return series, target


def _level(series: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of windows (N, V, T) as (N, V, 1); of a window that is flat, a share of its mean or 1."""
    mean = series.mean(dim=2, keepdim=True)
    deviation = series.std(dim=2, keepdim=True, correction=0)
    least = (LEAST_SPREAD * mean.abs()).clamp(min=torch.finfo(series.dtype).tiny)
    return mean, torch.where(deviation > least, deviation, torch.where(mean == 0, torch.ones_like(mean), least))


def _following(values: Tensor, timeline: Timeline, records: Records, horizon: int) -> Tensor:
    """Return the values (N, V, H) that follow each row: a view where the rows are one stretch of steps.

    Rows whose series ends before the horizon hold NaN from there on.
    """
    origins = timeline.position_of(records.rows)
    ends = timeline.starts[1:][timeline.series_of(origins)]
    is_whole = bool((origins + horizon < ends).all())
    if is_whole and len(origins) and bool((np.diff(origins) == 1).all()):
        return as_windows(values, horizon)[int(origins[0]) + 1 : int(origins[-1]) + 2]
    places = torch.from_numpy(origins)
    if is_whole:
        return futures(values, places, horizon)
    padded = torch.cat([values, values.new_full((horizon, values.shape[1]), float("nan"))])
    beyond = origins[:, None] + 1 + np.arange(horizon) >= ends[:, None]
    return futures(padded, places, horizon).masked_fill(torch.from_numpy(beyond).unsqueeze(1), float("nan"))
