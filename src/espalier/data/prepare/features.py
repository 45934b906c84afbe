"""Features: the fitted steps for the inputs, in their order, over one frame."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray
from espalier.core.errors import ColumnError
from espalier.core.plan import PreparePlan
from espalier.core.records import TrainRecords
from espalier.core.schema import Kind, Role, Schema
from espalier.data.prepare.components import Components, FittedComponents
from espalier.data.prepare.dates import Dates, FittedDates
from espalier.data.prepare.encode import Encoder, FittedEncoder
from espalier.data.prepare.impute import FittedImputer, Imputer
from espalier.data.prepare.numbers import NumberColumns, number_columns
from espalier.data.prepare.one_hot import FittedOneHot
from espalier.data.prepare.scale import FittedScaler, Scaler, scaler_from_mapping
from espalier.data.prepare.select import FittedSelector

LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class FittedFeatures:
    """Turns a frame into numbers and category codes.

    The numbers are, in this order: the scaled number and ordered columns (or their principal components), the 0/1 columns
    that tell missing values, the parts of dates, the one-hot columns.

    Args:
        columns: the number and ordered columns.
        imputer: replaces their missing values.
        scaler: brings them to one size.
        components: their principal components, or None to keep them.
        dates: the date columns.
        encoder: the category columns, as codes or one-hot.
        selector: which of all these are kept; None for all.
    """

    columns: NumberColumns
    imputer: FittedImputer
    scaler: FittedScaler
    components: FittedComponents | None
    dates: FittedDates
    encoder: FittedEncoder | FittedOneHot
    selector: FittedSelector | None = None

    @cached_property
    def number_names(self) -> tuple[str, ...]:
        """Return the name of each number."""
        names = self.columns.names
        flags = tuple(f"{names[index]} is missing" for index in self.imputer.indicated)
        if self.components is not None:
            names = tuple(f"component {index + 1}" for index in range(self.components.directions.shape[1]))
        hot = self.encoder.names if isinstance(self.encoder, FittedOneHot) else ()
        return self._kept_numbers(names + flags + self.dates.names + hot)

    @cached_property
    def number_sources(self) -> tuple[str, ...]:
        """Return the column that each number comes from; a principal component comes from several, joined by " + "."""
        names = self.columns.names
        flags = tuple(names[index] for index in self.imputer.indicated)
        if self.components is not None:
            names = (" + ".join(names),) * self.components.directions.shape[1]
        hot = self.encoder.sources if isinstance(self.encoder, FittedOneHot) else ()
        return self._kept_numbers(names + flags + self.dates.sources + hot)

    @cached_property
    def category_names(self) -> tuple[str, ...]:
        """Return the name of each category; it is its column's."""
        names = self.encoder.columns if isinstance(self.encoder, FittedEncoder) else ()
        return names if self.selector is None else tuple(names[index] for index in self.selector.categories)

    @cached_property
    def cardinalities(self) -> tuple[int, ...]:
        """Return the number of codes of each category."""
        counts = self.encoder.cardinalities if isinstance(self.encoder, FittedEncoder) else ()
        return counts if self.selector is None else tuple(counts[index] for index in self.selector.categories)

    def _kept_numbers(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return names if self.selector is None else tuple(names[index] for index in self.selector.numbers)

    def scaled(self, frame: pl.DataFrame) -> FloatArray:
        """Return (N, F) the number and ordered columns, complete and scaled, before anything else is done with them."""
        return self.scaler.apply(self.imputer.apply(self.columns.read(frame)))

    def apply(self, frame: pl.DataFrame) -> tuple[FloatArray, FloatArray]:
        """Return the numbers (N, F), each finite in float32, and the category codes (N, M), both as float64."""
        raw = self.columns.read(frame)
        numbers = self.scaler.apply(self.imputer.apply(raw))
        if self.components is not None:
            numbers = self.components.apply(numbers)
        parts = [numbers, self.imputer.indicate(raw), self.dates.apply(frame)]
        codes = self.encoder.apply(frame)
        if isinstance(self.encoder, FittedOneHot):
            parts, codes = [*parts, codes], np.empty((frame.height, 0))
        numbers = np.hstack([part for part in parts if part.shape[1]] or parts[:1])
        numbers = np.clip(numbers, -LARGEST_FLOAT32, LARGEST_FLOAT32)
        return (numbers, codes) if self.selector is None else self.selector.apply(numbers, codes)

    def numbers(self, frame: pl.DataFrame) -> FloatArray:
        """Return the numbers (N, F) alone, rounded to float32 as a model sees them."""
        return self.apply(frame)[0].astype(np.float32).astype(np.float64)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {
            "columns": {
                "plain": list(self.columns.plain),
                "ordered": [[name, list(order)] for name, order in self.columns.ordered],
            },
            "imputer": self.imputer.to_mapping(),
            "scaler": self.scaler.to_mapping(),
            "components": None if self.components is None else self.components.to_mapping(),
            "dates": self.dates.to_mapping(),
            "encoder": {"one_hot": isinstance(self.encoder, FittedOneHot), **self.encoder.to_mapping()},
            "selector": None if self.selector is None else self.selector.to_mapping(),
        }

    @staticmethod
    def from_mapping(value: Mapping[str, Any]) -> "FittedFeatures":
        """Return the steps that plain values describe."""
        columns, encoder = value["columns"], value["encoder"]
        ordered = tuple((name, tuple(order)) for name, order in columns["ordered"])
        return FittedFeatures(
            NumberColumns(tuple(columns["plain"]), ordered),
            FittedImputer.from_mapping(value["imputer"]),
            scaler_from_mapping(value["scaler"]),
            None if value["components"] is None else FittedComponents.from_mapping(value["components"]),
            FittedDates.from_mapping(value["dates"]),
            (FittedOneHot if encoder["one_hot"] else FittedEncoder).from_mapping(encoder),
            None if value["selector"] is None else FittedSelector.from_mapping(value["selector"]),
        )


@dataclass(frozen=True)
class Features:
    """Learns the steps for the inputs.

    Args:
        schema: kind and role of each column. Texts are left out: no model of tables reads them.
        plan: which steps.
    """

    schema: Schema
    plan: PreparePlan

    def fit(self, train: TrainRecords, sample: TrainRecords) -> FittedFeatures:
        """Return the fitted steps, all but the selection.

        Args:
            train: the training part, in which levels are counted.
            sample: some of its rows, on which numbers and dates are measured.

        Raises:
            ColumnError: no input column is left, or an ordered column has no order.
        """
        columns, plan = number_columns(self.schema), self.plan
        categories, dates = self.schema.inputs(Kind.CATEGORY), date_columns(self.schema)
        if not (columns.names or categories or dates):
            raise ColumnError(
                "No input column is left to learn from: every column is the target, a text, a name of rows, or ignored. "
                "Give one a use, for example --set schema.columns.NAME.role=input"
            )
        encoder = Encoder(plan.rare_count, plan.max_levels).fit(train, categories)
        features = FittedFeatures(
            columns,
            Imputer(plan.impute, plan.indicators).fit(sample, columns.read),
            Scaler(plan.numbers).fit(sample, columns.read),
            None,
            Dates(plan.dates, plan.indicators).fit(sample, dates),
            encoder if plan.categories == "codes" else FittedOneHot(encoder),
        )
        if plan.components is None:
            return features
        return replace(features, components=Components(plan.components).fit(sample, features.scaled))


def date_columns(schema: Schema) -> tuple[str, ...]:
    """Return the date columns that are learnt from: inputs, and the date that orders the rows."""
    return tuple(name for name in schema.names(Role.INPUT, Role.TIME) if schema.columns[name].kind is Kind.DATE)
