"""Preparation: what every fitted preparation does, whatever kind of data it is for, and which one a schema needs."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from torch import Tensor

from espalier.core.batch import Batch, Batches, FloatArray, Prediction
from espalier.core.errors import RunError
from espalier.core.plan import PreparePlan
from espalier.core.records import Records, TrainRecords
from espalier.core.schema import Kind, Schema
from espalier.data.prepare.fit_forecast import fit_forecast
from espalier.data.prepare.forecast import PreparedForecast
from espalier.data.prepare.fused import PreparedFusion, beside_pictures, fit_fusion
from espalier.data.prepare.pictures import PreparedPictures, fit_pictures
from espalier.data.prepare.prepared import Prepared, fit_table
from espalier.data.prepare.stretches import PreparedStretches, fit_stretches
from espalier.data.prepare.target import TargetKind
from espalier.data.prepare.windows import PreparedWindows, fit_windows


class Preparation(Protocol):
    """Records become tensors, and predictions become the person's words again. Fitted on the training part only."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each feature."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the column that each feature comes from."""

    @property
    def columns_read(self) -> tuple[str, ...]:
        """Return the columns that rows must have to be answered."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes in the order of their indices, the label columns, or nothing for a quantity."""

    @property
    def num_simple(self) -> int:
        """Return the number of columns of `simple_inputs`, categories counted once."""

    def given(self) -> dict[str, Any]:
        """Return what the data decides about a model."""

    def inputs(self, records: Records) -> tuple[Tensor, ...]:
        """Return tensors with one row for each record, of which batches are made."""

    def batches(self, inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor | None, batch_size: int, seed: int) -> Batches:
        """Return batches to learn from: shuffled.

        Args:
            inputs: of the training part, as `inputs` gives them.
            target: as `target` gives it.
            rows: (N,) int64 source rows, or None.
            batch_size: rows of one batch.
            seed: of the shuffling and of random changes.
        """

    def in_order(self, inputs: tuple[Tensor, ...], target: Tensor | None, rows: Tensor) -> Iterator[Batch]:
        """Yield batches to be answered, in the order of the rows."""

    def blank(self, num_rows: int) -> tuple[Tensor, ...]:
        """Return rows of zeros in the shapes of what a model is called with."""

    def simple_inputs(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return what simple models read: numbers (N, F), and category codes (N, M) where there are some."""

    def known_values(self) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Return the values of each category column that training knew, and whether rare ones were among the others."""

    def target(self, records: Records) -> Tensor:
        """Return the target as it is learnt."""

    def target_values(self, records: Records) -> FloatArray:
        """Return the target as it is scored, in the person's units."""

    def restore(self, prediction: Prediction, inputs: tuple[Tensor, ...]) -> Prediction:
        """Return the prediction with quantities in the person's units; classes stay indices.

        Args:
            prediction: as a task gives it.
            inputs: of the same rows, as `inputs` gives them.
        """

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold, exactly."""


def fit_preparation(
    train: TrainRecords,
    schema: Schema,
    plan: PreparePlan,
    target_kind: TargetKind,
    classes: tuple[str, ...] = (),
    normal: tuple[str, ...] = (),
) -> Preparation:
    """Return the preparation that the schema's inputs need, fitted on the training part.

    Args:
        train: the training part.
        schema: kind and role of each column.
        plan: which steps.
        target_kind: "class", "number", "count", "labels", "path" or "anomaly".
        classes: of a class target, in their order; empty to take those of the training part, sorted.
        normal: those of them that are normal, where anomalies are asked for.

    Raises:
        InputError: a column or a step of the plan cannot be used.
    """
    if plan.forecast is not None:
        return fit_forecast(train, schema, plan, target_kind, classes)
    if plan.stretches is not None:
        return fit_stretches(train, schema, plan.stretches, target_kind)
    if beside_pictures(schema):
        return fit_fusion(train, schema, plan, target_kind, classes)
    if schema.inputs(Kind.SERIES):
        return fit_windows(train, schema, plan, target_kind, classes, normal)
    fit = fit_pictures if schema.inputs(Kind.IMAGE) else fit_table
    return fit(train, schema, plan, target_kind, classes)


def preparation_from_mapping(value: Mapping[str, Any]) -> Preparation:
    """Return the preparation that plain values describe.

    Raises:
        RunError: a value is missing or of the wrong form.
    """
    try:
        if "forecast" in value:
            return PreparedForecast.from_mapping(value)
        if "stretches" in value:
            return PreparedStretches.from_mapping(value)
        if "windows" in value:
            return PreparedWindows.from_mapping(value)
        if "pictures" in value:
            return PreparedFusion.from_mapping(value)
        return PreparedPictures.from_mapping(value) if "form" in value else Prepared.from_mapping(value)
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"The preparation of the run is incomplete or was edited ({error!r}). Train again.") from error


def pictures_of(prepared: Preparation) -> PreparedPictures | None:
    """Return the part of a preparation that prepares pictures; None where there are none."""
    if isinstance(prepared, PreparedFusion):
        return prepared.pictures
    return prepared if isinstance(prepared, PreparedPictures) else None
