"""Prepared: a table becomes tensors, and predictions become the person's words again. Fitted on the training part only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from espalier.core.batch import Batch, Batches, FloatArray, Prediction
from espalier.core.plan import PreparePlan
from espalier.core.records import Records, TrainRecords
from espalier.core.schema import Role, Schema
from espalier.data.batches import TensorBatches, in_order
from espalier.data.prepare.bins import Bins, Edges
from espalier.data.prepare.features import Features, FittedFeatures
from espalier.data.prepare.one_hot import FittedOneHot
from espalier.data.prepare.select import Selector
from espalier.data.prepare.target import FittedTarget, Target, TargetKind, target_from_mapping
from espalier.data.split import sample_train

FIT_ROWS = 500_000  # quantiles of so many rows are within 0.1 % of the ranks of all rows
BLOCK_ROWS = 16_384  # rows prepared at a time: their numbers stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Prepared:
    """A fitted preparation: data to tensors, and predictions back. It goes to JSON and back exactly.

    Args:
        features: the steps for the inputs.
        target_step: the step for the target.
        bins: edges of the bins of each number, for piecewise-linear embeddings; empty for none.
    """

    features: FittedFeatures
    target_step: FittedTarget
    bins: Edges = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each feature, numbers first, then categories."""
        return self.features.number_names + self.features.category_names

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the column that each feature comes from."""
        return self.features.number_sources + self.features.category_names

    @property
    def columns_read(self) -> tuple[str, ...]:
        """Return the columns that features are made from, each once."""
        columns = self.features.columns.names
        joined = " + ".join(columns)  # the source of a principal component, which comes from all of them
        every = [name for source in self.sources for name in (columns if source == joined else (source,))]
        return tuple(dict.fromkeys(every))

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes in the order of their indices, the label columns, or nothing for a quantity."""
        return self.target_step.classes

    @property
    def num_simple(self) -> int:
        """Return the number of features: simple models read what the network reads."""
        return len(self.names)

    def given(self) -> dict[str, Any]:
        """Return what the data decides about a model: num_numbers, cardinalities and bins."""
        return {
            "num_numbers": len(self.features.number_names),
            "cardinalities": self.features.cardinalities,
            "bins": self.bins,
        }

    def inputs(self, records: Records) -> tuple[Tensor, ...]:
        """Return what a model is called with.

        Shapes: numbers (N, F) float32 and categories (N, M) int64, either of which may have no columns; numbers alone when
        categories are one-hot.

        Raises:
            ColumnError: the records lack a column.
        """
        num_rows, num_numbers = len(records), len(self.features.number_names)
        numbers = np.empty((num_rows, num_numbers), dtype=np.float32)
        categories = np.empty((num_rows, len(self.features.category_names)), dtype=np.int64)
        for start in range(0, num_rows, BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            numbers[block], categories[block] = self.features.apply(records.frame[block])
        if isinstance(self.features.encoder, FittedOneHot):
            return (torch.from_numpy(numbers),)
        return torch.from_numpy(numbers), torch.from_numpy(categories)

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
        """Return rows of zeros in the shapes of what a model is called with."""
        numbers = torch.zeros(num_rows, len(self.features.number_names))
        if isinstance(self.features.encoder, FittedOneHot):
            return (numbers,)
        return numbers, torch.zeros(num_rows, len(self.features.category_names), dtype=torch.long)

    def simple_inputs(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return what simple models read: the same as the network."""
        return inputs

    def known_values(self) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Return the values of each category column that training knew, and whether rare ones were among the others."""
        features = self.features
        encoder = features.encoder.encoder if isinstance(features.encoder, FittedOneHot) else features.encoder
        levels = zip(encoder.columns, encoder.levels, encoder.other, strict=True)
        known = {name: (known, rare) for name, known, rare in levels}
        return known | {name: (order, False) for name, order in features.columns.ordered}

    def target(self, records: Records) -> Tensor:
        """Return the target as it is learnt: class indices (N,) int64, else float32, scaled (N,) or labels (N, K).

        Raises:
            ColumnError: a missing target, or a class that training did not know.
        """
        return self.target_step.apply(records)

    def target_values(self, records: Records) -> FloatArray:
        """Return the target as it is scored: class indices (N,), labels (N, K), or quantities in the person's units (N,).

        Raises:
            ColumnError: a missing target, or a class that training did not know.
        """
        return self.target_step.values(records)

    def restore(self, prediction: Prediction, inputs: tuple[Tensor, ...]) -> Prediction:
        """Return the prediction with quantities in the person's units; classes stay indices."""
        return self.target_step.restore(prediction)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold, exactly."""
        return {
            "features": self.features.to_mapping(),
            "target": self.target_step.to_mapping(),
            "bins": [list(edges) for edges in self.bins],
        }

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "Prepared":
        """Return the preparation that plain values describe; a value that is missing raises KeyError or TypeError."""
        bins = tuple(tuple(edges) for edges in value["bins"])
        return Prepared(FittedFeatures.from_mapping(value["features"]), target_from_mapping(value["target"]), bins)


def fit_table(
    train: TrainRecords, schema: Schema, plan: PreparePlan, target_kind: TargetKind, classes: tuple[str, ...] = ()
) -> Prepared:
    """Return a preparation of a table fitted on the training part.

    Levels and the target are fitted on every row; numbers and dates on at most 500,000 of them. A target transformation that
    is still "auto" is "standard".

    Args:
        train: the training part.
        schema: kind and role of each column.
        plan: which steps.
        target_kind: "class", "number", "count" or "labels".
        classes: of a class target, in their order; empty to take those of the training part, sorted.

    Raises:
        ColumnError: no input or target column, an ordered column without an order, or a missing target.
        PlanError: a step that this data does not allow.
    """
    sample = sample_train(train, FIT_ROWS)
    how = "standard" if plan.target == "auto" else plan.target
    target = Target(target_kind, how, classes, plan.hold).fit(train, schema.names(Role.TARGET))
    features = Features(schema, plan).fit(train, sample)
    if plan.select is not None:
        by_class = target_kind in ("class", "labels")
        features = replace(features, selector=Selector(plan.select, by_class).fit(sample, features.apply, target.values))
    bins = Bins(plan.bins).fit(sample, features.numbers) if plan.bins else ()
    return Prepared(features, target, bins)
