"""Prepared pictures beside a table: each row is a picture and the other columns of its line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from espalier.core.batch import Batch, Batches, FloatArray, Prediction
from espalier.core.plan import PreparePlan
from espalier.core.records import Records, TrainRecords
from espalier.core.schema import Kind, Schema
from espalier.data.beside_batches import BesideBatches, with_lines
from espalier.data.prepare.pictures import PreparedPictures, fit_pictures
from espalier.data.prepare.prepared import Prepared, fit_table
from espalier.data.prepare.target import TargetKind


@dataclass(frozen=True, eq=False)
class PreparedFusion:
    """A fitted preparation of pictures beside a table. It goes to JSON and back exactly.

    Args:
        pictures: prepares the column of pictures, and the target.
        table: prepares the other inputs; its step for the target is that of the pictures.
    """

    pictures: PreparedPictures
    table: Prepared

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each feature: the picture, numbers, categories."""
        return self.pictures.names + self.table.names

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the column that each feature comes from."""
        return self.pictures.sources + self.table.sources

    @property
    def columns_read(self) -> tuple[str, ...]:
        """Return the columns that features are made from, each once, the pictures first."""
        return self.pictures.columns_read + self.table.columns_read

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes in the order of their indices, the label columns, or nothing for a quantity."""
        return self.pictures.classes

    @property
    def num_simple(self) -> int:
        """Return the number of columns of `simple_inputs`, categories counted once."""
        return self.pictures.num_simple + self.table.num_simple

    def given(self) -> dict[str, Any]:
        """Return what the data decides about a model: what it does for pictures, and what it does for tables."""
        return {**self.pictures.given(), **self.table.given()}

    def inputs(self, records: Records) -> tuple[Tensor, ...]:
        """Return pixels (N, C, H, W) uint8, numbers (N, F) float32, and category codes (N, M) int64 unless they are one-hot.

        Raises:
            ColumnError: the records lack a column, or a row names no picture.
            SourceError: a picture cannot be read.
        """
        return (*self.pictures.inputs(records), *self.table.inputs(records))

    def batches(self, inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor | None, batch_size: int, seed: int) -> Batches:
        """Return batches to learn from: shuffled, pictures changed at random as the plan says, each with its own line.

        Args:
            inputs: of the training part, as `inputs` gives them.
            target: as `target` gives it.
            rows: (N,) int64 source rows, or None.
            batch_size: rows of one batch.
            seed: of the shuffling and of the changes.
        """
        places = torch.arange(len(target))
        return BesideBatches(self.pictures.batches(inputs[:1], target, places, batch_size, seed), inputs[1:], rows)

    def in_order(self, inputs: tuple[Tensor, ...], target: Tensor | None, rows: Tensor) -> Iterator[Batch]:
        """Yield batches to be answered, in the order of the rows."""
        for batch in self.pictures.in_order(inputs[:1], target, torch.arange(len(rows))):
            yield with_lines(batch, inputs[1:], rows)

    def blank(self, num_rows: int) -> tuple[Tensor, ...]:
        """Return black pictures and rows of zeros in the shapes of what a model is called with."""
        return (*self.pictures.blank(num_rows), *self.table.blank(num_rows))

    def simple_inputs(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return what simple models read: small pictures and numbers as one row (N, P + F), and category codes (N, M)."""
        [small] = self.pictures.simple_inputs(inputs[:1])
        numbers, *categories = self.table.simple_inputs(inputs[1:])
        return (torch.cat([small, numbers], dim=1), *categories)

    def known_values(self) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Return the values of each category column that training knew, and whether rare ones were among the others."""
        return self.table.known_values()

    def target(self, records: Records) -> Tensor:
        """Return the target as it is learnt: indices (N,) int64, or float32: numbers (N,) or labels (N, K)."""
        return self.pictures.target(records)

    def target_values(self, records: Records) -> FloatArray:
        """Return the target as it is scored: class indices (N,), labels (N, K), or quantities in the person's units (N,)."""
        return self.pictures.target_values(records)

    def restore(self, prediction: Prediction, inputs: tuple[Tensor, ...]) -> Prediction:
        """Return the prediction with quantities in the person's units; classes stay indices."""
        return self.pictures.restore(prediction, inputs)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold, exactly; the target's step is written once."""
        table = {name: value for name, value in self.table.to_mapping().items() if name != "target"}
        return {"pictures": self.pictures.to_mapping(), "table": table}

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "PreparedFusion":
        """Return the preparation that plain values describe; a value that is missing raises KeyError or TypeError."""
        table = {**value["table"], "target": value["pictures"]["target"]}
        return PreparedFusion(PreparedPictures.from_mapping(value["pictures"]), Prepared.from_mapping(table))


def fit_fusion(
    train: TrainRecords, schema: Schema, plan: PreparePlan, target_kind: TargetKind, classes: tuple[str, ...] = ()
) -> PreparedFusion:
    """Return a preparation of pictures beside a table fitted on the training part.

    Args:
        train: the training part.
        schema: kind and role of each column; one input column names pictures.
        plan: with the form of the pictures, and the steps for the table.
        target_kind: "class", "number", "count" or "labels".
        classes: of a class target, in their order.

    Raises:
        ColumnError: several columns of pictures, or a missing target.
        PlanError: a step that this data does not allow.
    """
    table = fit_table(train, schema, plan, target_kind, classes)
    pictures = fit_pictures(train, schema, plan, target_kind, classes)
    return PreparedFusion(replace(pictures, target_step=table.target_step), table)


def beside_pictures(schema: Schema) -> tuple[str, ...]:
    """Return the inputs that a model for tables reads, where a column names pictures; nothing where none does."""
    return schema.inputs(Kind.NUMBER, Kind.CATEGORY, Kind.ORDERED, Kind.DATE) if schema.inputs(Kind.IMAGE) else ()
