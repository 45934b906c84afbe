"""Evidence: all that a check may look at, and what several checks would otherwise compute again."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import polars as pl

from espalier.core.plan import Plan
from espalier.core.records import IntArray, Records, Splits
from espalier.core.schema import Kind, Role, Schema
from espalier.core.seeds import numpy_stream
from espalier.data.clean import Removed, compared_columns, copy_keys, row_counters, row_keys
from espalier.data.describe.profile import Profile
from espalier.data.parse import ParseIssue
from espalier.data.pictures.survey import Survey
from espalier.data.series.told import AnySurvey

MAX_SAMPLE_ROWS = 20_000  # statistics that need no more: their error is below 1 %
MAX_PROBE_ROWS = 5_000  # that a quick model is fitted on: enough for the effects looked for, in a tenth of a second
MAX_COLUMNS = 2_000  # the first of them are looked at
MAX_DEPENDENCE = 1_000.0  # equal pairs of rows for each that independent columns would have

KeyArray: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint64]]
BoolArray: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Repeats:
    """Rows that are equal to another row in some columns.

    Args:
        positions: (R,) where they stand in the records; rows of one group side by side, in the order of the source.
        group: (R,) number of the group, from 0, ascending.
        num_groups: how many groups of equal rows there are.
    """

    positions: IntArray
    group: IntArray
    num_groups: int


@dataclass(frozen=True)
class Evidence:
    """All that a check may look at.

    The test part stays sealed: checks read no value of it except hashes of its rows, its groups and its times, which are
    needed to prove that the parts do not overlap. Where there is a split, statistics are taken from the training part alone.

    Args:
        records: parsed and cleaned.
        schema: the columns.
        profile: of the columns as they were read.
        plan: None before there is one.
        splits: None before the split.
        issues: cells that could not be parsed.
        removed: rows that were taken out by `clean`.
        unsplit: why the rows cannot be split as planned; empty when they can, or were not tried.
        pictures: what the pictures are like; None where there are none.
        series: what the windows are like, or the series whose steps the rows are; None where there are none.
    """

    records: Records
    schema: Schema
    profile: Profile
    plan: Plan | None = None
    splits: Splits | None = None
    issues: tuple[ParseIssue, ...] = ()
    removed: tuple[Removed, ...] = ()
    unsplit: str = ""
    pictures: Survey | None = None
    series: AnySurvey | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the target columns that the records have; several for a multi-label question."""
        known = set(self.records.frame.columns)
        return tuple(name for name in self.schema.names(Role.TARGET) if name in known)

    @property
    def used(self) -> Schema:
        """Return the schema in force: the plan's where there is one, which may leave out columns described as inputs."""
        return self.plan.schema if self.plan is not None and self.plan.schema.columns else self.schema

    def inputs(self, *kinds: Kind) -> tuple[str, ...]:
        """Return the input columns of these kinds (all kinds when none is given) that the records have."""
        known = set(self.records.frame.columns)
        return tuple(name for name in self.used.inputs(*kinds) if name in known)

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Return the input columns that a model for tables reads, at most 2,000 of them; statistics are taken of these."""
        return self.inputs(Kind.NUMBER, Kind.CATEGORY, Kind.ORDERED, Kind.DATE)[:MAX_COLUMNS]

    def num_distinct(self, name: str) -> int:
        """Return the number of different values of a column, about 2 % off above a million rows."""
        known = self.profile.columns.get(name)
        return known.num_distinct if known is not None else self.records.frame.get_column(name).drop_nulls().n_unique()

    @cached_property
    def learnable(self) -> Records:
        """Return the rows that statistics may be taken from: the training part where there is one, else all."""
        return self.records if self.splits is None else self.splits.train.records

    @cached_property
    def sample(self) -> Records:
        """Return at most 20,000 of the learnable rows, drawn at random, in the order of the source."""
        return drawn(self.learnable, MAX_SAMPLE_ROWS)

    @cached_property
    def probe(self) -> Records:
        """Return at most 5,000 sampled rows with a target, no two of them equal in every input, in the order of the source."""
        return drawn(without_repeats(self.answered(self.sample), self.used), MAX_PROBE_ROWS)

    def answered(self, records: Records) -> Records:
        """Return the rows whose targets are all known."""
        known = ~records.frame.select(pl.any_horizontal(pl.col(self.targets).is_null())).to_series() if self.targets else None
        return records if known is None or known.all() else records.take(np.flatnonzero(known))

    @cached_property
    def class_counts(self) -> dict[str, int]:
        """Return the rows of each class, the most frequent first; empty for numbers, for several targets and for anomalies."""
        if self.plan is not None and self.plan.task.name == "anomaly":  # which are rare by nature, and are not learnt from
            return {}
        if len(self.targets) != 1 or self.records.frame.schema[self.targets[0]].is_numeric():
            return {}
        target = self.records.frame.get_column(self.targets[0]).drop_nulls().cast(pl.String).alias("class")
        counted = target.value_counts(name="rows").sort(["rows", "class"], descending=[True, False])
        return dict(counted.iter_rows())

    @cached_property
    def repeats(self) -> Repeats:
        """Return the rows that look alike to the model: equal to another row in every input."""
        return _repeats(row_keys(self.records, self.used))

    @cached_property
    def copies(self) -> Repeats:
        """Return the rows that are equal to another row in every column but the target and row counters."""
        return _repeats(copy_keys(self.records, self.used, self.compared))

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """Return the columns by which a row is told from another, the target's too."""
        return compared_columns(self.records, self.used)

    @cached_property
    def counters(self) -> tuple[str, ...]:
        """Return the columns that only count the rows."""
        return row_counters(self.records, self.used)

    @cached_property
    def are_copies(self) -> bool:
        """Return whether rows that are equal in every column are copies, and no coincidence among few and coarse columns.

        Were the columns independent, a pair of rows would be equal with the product over the columns of the chance that two
        values are equal. Real columns depend on each other, so coincidence is ruled out only when that is a thousand times too
        little to explain the equal pairs that there are.
        """
        frame = self.sample.frame
        chances = [_chance_of_equal(frame.get_column(name)) for name in self.compared if name not in self.targets]
        rows = len(self.records)
        sizes = np.bincount(self.copies.group)
        found = float((sizes * (sizes - 1) / 2).sum())
        return float(np.prod(chances)) * rows * (rows - 1) / 2 * MAX_DEPENDENCE <= max(found, 1.0)


def _repeats(keys: KeyArray) -> Repeats:
    """Return the rows whose key another row has too."""
    positions = np.flatnonzero(pl.Series(keys).is_duplicated().to_numpy())
    keys = keys[positions]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.concatenate([[False], keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, dtype=np.bool_)
    group = np.cumsum(starts)
    return Repeats(positions[order], group, int(group[-1]) + 1 if len(group) else 0)


def _chance_of_equal(column: pl.Series) -> float:
    """Return the chance that two different rows of a sample have the same value in a column."""
    counts = column.unique_counts().to_numpy().astype(np.float64)
    rows = len(column)
    return float((counts * (counts - 1)).sum() / max(rows * (rows - 1), 1))


def drawn(records: Records, num_rows: int) -> Records:
    """Return that many rows drawn at random, in their old order; all when there are no more. The same on every call."""
    if len(records) <= num_rows:
        return records
    index = numpy_stream(0, "diagnosis").choice(len(records), num_rows, replace=False, shuffle=False)
    return records.take(np.sort(index).astype(np.int64))


def without_repeats(records: Records, schema: Schema) -> Records:
    """Return the rows that are unlike every earlier row in some input."""
    first = pl.Series(row_keys(records, schema)).is_first_distinct().to_numpy()
    return records if first.all() else records.take(np.flatnonzero(first))
