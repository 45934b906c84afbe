"""Split: rows are dealt out to train, valid and test, so that nothing of the test part is known while training.

Only this file makes `TrainRecords`, and only those can be fitted on. A row and its copy (equal in every column but the
target and a row counter) never stand in two parts, unless the parts are given (by a column, by files) or follow from time;
then a check of `diagnosis` reports them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl

from espalier.core.errors import ColumnError, InputError, PlanError, RunError, unknown_name
from espalier.core.files import replaced
from espalier.core.plan import SplitPlan
from espalier.core.records import IntArray, Records, SealedRecords, Splits, TrainRecords
from espalier.core.schema import Kind, Role, Schema
from espalier.core.seeds import derive_seed, numpy_stream
from espalier.data.clean import copy_keys
from espalier.data.deal import deal, deal_classes, units_of, wanted_rows, without_empty
from espalier.data.part_column import parts_of_column
from espalier.data.step_cuts import parts_of_origins
from espalier.data.time_cuts import parts_of_time

PARTS = ("train", "valid", "test")
MAX_TARGET_BINS = 10  # a number target is stratified by its deciles

Record: TypeAlias = Callable[[str], None]


@dataclass(frozen=True)
class _Units:
    """Rows that stay together: (N,) unit of each row, (U,) rows of each unit, and (U,) class when classes are balanced."""

    labels: IntArray
    sizes: IntArray
    classes: IntArray | None
    what: str

    def deal(self, fractions: Sequence[float], stream: np.random.Generator, cover: bool = True) -> IntArray:
        """Return (U,) the part of each unit."""
        if self.classes is None:
            parts = deal(self.sizes, wanted_rows(int(self.sizes.sum()), fractions), stream)
        else:
            parts = deal_classes(self.sizes, self.classes, fractions, stream, cover)
        return without_empty(parts, self.sizes, len(fractions), self.what)

    def only(self, units: IntArray) -> "_Units":
        """Return some of the units; their labels are left behind."""
        return _Units(self.labels[:0], self.sizes[units], None if self.classes is None else self.classes[units], self.what)


def split(records: Records, schema: Schema, plan: SplitPlan, seed: int, record: Record | None = None) -> Splits:
    """Return the three parts, each in the order of the source.

    Args:
        records: parsed and cleaned records.
        schema: the kind and role of each column.
        plan: method, fractions and column.
        seed: of the plan.
        record: called with the reason whenever the test part is opened.

    Raises:
        SplitError: too few rows (or groups, or times) for three parts.
        ColumnError: the split's column cannot be used for the method.
        UnknownNameError: the split's column does not exist.
        PlanError: the method needs something that the data or the plan lacks.
    """
    stream = numpy_stream(seed, "split")
    if plan.method == "files":
        raise PlanError("split.method 'files' needs data.valid or data.test. Name a second source, or use another method.")
    if records.timeline is not None:
        parts = parts_of_origins(
            records.timeline, records.timeline.position_of(records.rows), (plan.train, plan.valid, plan.test), plan.gap
        )
    elif plan.method == "time":
        parts = parts_of_time(_column(records, schema, plan), (plan.train, plan.valid, plan.test))
    elif plan.method == "column":
        parts = parts_of_column(_column(records, schema, plan), records.rows)
        if not (parts == 1).any():
            train = np.flatnonzero(parts == 0)
            parts[train] = _drawn(records.take(train), schema, plan, (plan.train, plan.valid), stream)
    else:
        units = _units(records, schema, plan)
        parts = units.deal((plan.train, plan.valid, plan.test), stream)[units.labels]
    return _splits(records, parts, record)


def folds(records: Records, schema: Schema, plan: SplitPlan, seed: int, record: Record | None = None) -> list[Splits]:
    """Return K x repeats splits; in each repeat a row is in the test part of exactly one of the K.

    The valid part is drawn from the rows outside the test part, by the same method.

    Args:
        records: parsed and cleaned records.
        schema: the kind and role of each column.
        plan: with `folds`; method "random", "stratified" or "group".
        seed: of the plan.
        record: called with the reason whenever a test part is opened.

    Raises:
        PlanError: no number of folds, or a method whose parts are not drawn.
        SplitError: fewer different rows (or groups) than folds.
    """
    if plan.folds is None:
        raise PlanError("split.folds is not set; expected the number of folds, 2 or more. Set it, or make a single split.")
    if plan.method in ("time", "column", "files"):
        raise PlanError(
            f"split.folds is {plan.folds} with split.method '{plan.method}', whose parts are fixed and not drawn. "
            "Use split.method random, stratified or group, or leave split.folds empty."
        )
    units = _units(records, schema, plan)
    every = []
    for repeat in range(plan.repeats):
        stream = numpy_stream(seed, "split", "folds", repeat)
        fold_of_unit = units.deal([1 / plan.folds] * plan.folds, stream, cover=False)
        for fold in range(plan.folds):
            rest = np.flatnonzero(fold_of_unit != fold)
            share = plan.train / (plan.train + plan.valid)
            parts = np.full(len(units.sizes), PARTS.index("test"))
            parts[rest] = units.only(rest).deal((share, 1 - share), stream)
            every.append(_splits(records, parts[units.labels], record))
    return every


def split_files(
    train: Records,
    valid: Records | None,
    test: Records | None,
    schema: Schema,
    plan: SplitPlan,
    seed: int,
    record: Record | None = None,
) -> Splits:
    """Return the parts that come from several sources; a part without a source is drawn from the training source.

    Args:
        train: parsed and cleaned records of the first source.
        valid: of the second, or None.
        test: of the third, or None.
        schema: the kind and role of each column.
        plan: its fractions say how much is drawn; its method is not looked at.
        seed: of the plan.
        record: called with the reason whenever the test part is opened.

    Raises:
        InputError: too few rows, or a source without rows.
    """
    for name, given in zip(PARTS, (train, valid, test), strict=True):
        if given is not None and len(given) == 0:
            raise InputError(f"The {name} source {given.source or ''} has no rows that can be used. Give one with rows.")
    missing = [part for part, given in enumerate((train, valid, test)) if given is None]
    parts = np.zeros(len(train), dtype=np.int64)
    if missing:
        shares = (plan.train, plan.valid, plan.test)
        drawn = _drawn(train, schema, plan, [shares[part] for part in (0, *missing)], numpy_stream(seed, "split"))
        parts = np.array([0, *missing])[drawn]
    taken = [train.take(np.flatnonzero(parts == part)) for part in range(len(PARTS))]
    return Splits(TrainRecords(taken[0]), valid or taken[1], SealedRecords(test or taken[2], record))


def sample_train(train: TrainRecords, num_rows: int, seed: int = 0) -> TrainRecords:
    """Return training rows drawn at random, in their old order; all of them when there are no more than asked for."""
    if len(train) <= num_rows:
        return train
    drawn = numpy_stream(seed, "sample").choice(len(train), size=num_rows, replace=False, shuffle=False)
    return TrainRecords(train.records.take(np.sort(drawn)))


def fewer_train(train: TrainRecords, schema: Schema, plan: SplitPlan, fraction: float, seed: int) -> TrainRecords:
    """Return part of the training rows, chosen as the split deals: for a curve over the number of rows.

    Whole groups where the split is by group; the latest rows where it is by time, as if the records had begun later; else
    drawn, with each class in its proportion. Copies of a row stay together.

    Args:
        train: the training part.
        schema: the kind and role of each column.
        plan: its method and column.
        fraction: of the rows, above 0; 1 and more gives all.
        seed: of the draw.

    Raises:
        SplitError: too few rows (or groups) to leave some out.
    """
    if fraction >= 1:
        return train
    if plan.method == "time":
        order = _in_time(train.records, schema, plan)
        kept = order[len(order) - max(1, round(len(order) * fraction)) :]
    else:
        parts = _dealt(train.records, schema, plan, (fraction, 1 - fraction), numpy_stream(seed, "fewer"))
        kept = np.flatnonzero(parts == 0)
    return TrainRecords(train.records.take(np.sort(kept)))


def cross_train(
    train: TrainRecords, schema: Schema, plan: SplitPlan, num_folds: int, seed: int
) -> list[tuple[TrainRecords, Records]]:
    """Return pairs of training rows and of the other training rows; each row is among the others once.

    Folds are dealt as the split deals, and by time are stretches of it.

    Args:
        train: the training part.
        schema: the kind and role of each column.
        plan: its method and column.
        num_folds: 2 or more.
        seed: of the deal.

    Raises:
        SplitError: fewer different rows (or groups) than folds.
    """
    if plan.method == "time":
        order = _in_time(train.records, schema, plan)
        fold = np.empty(len(order), dtype=np.int64)
        fold[order] = np.arange(len(order)) * num_folds // len(order)
    else:
        fold = _dealt(train.records, schema, plan, [1 / num_folds] * num_folds, numpy_stream(seed, "cross"))
    rows = train.records
    return [
        (TrainRecords(rows.take(np.flatnonzero(fold != one))), rows.take(np.flatnonzero(fold == one)))
        for one in range(num_folds)
    ]


def rotated(splits: Splits, schema: Schema, plan: SplitPlan, number: int, seed: int) -> Splits:
    """Return the parts of a later network of an ensemble, which holds out other rows and learns from the validation part.

    Held out is a share of the training part about as large as the validation part, another one for each network until every
    training row was held out; then the shares are dealt anew. The test part stays what it is.

    Args:
        splits: the parts of the first network.
        schema: the kind and role of each column.
        plan: its method and column; "random", "stratified" or "group".
        number: of the network, from 1.
        seed: of the plan.

    Raises:
        SplitError: fewer different training rows (or groups) than shares.
    """
    num_shares = max(round(len(splits.train) / len(splits.valid)), 2)
    deal_number, share = divmod(number - 1, num_shares)
    shares = cross_train(splits.train, schema, plan, num_shares, derive_seed(seed, "rotate", deal_number))
    train, held = shares[share]
    both = [train.records, splits.valid]
    rows = np.concatenate([one.rows for one in both])
    learnt = replace(train.records, frame=pl.concat([one.frame for one in both]), rows=rows)
    return Splits(TrainRecords(learnt), held, splits.test)


def groups_of(records: Records, schema: Schema, plan: SplitPlan) -> IntArray | None:
    """Return (N,) the code of each row's group where the split is by group, a row without one alone; else None."""
    return _units(records, schema, plan).labels if plan.method == "group" else None


def write_split(path: Path, splits: Splits | Sequence[Splits]) -> None:
    """Write the part of each row as Parquet: columns row and part, and fold when there are several splits.

    Writing the rows of the test part does not open it: none of its values are read.
    """
    several = [splits] if isinstance(splits, Splits) else list(splits)
    frames = []
    for fold, one in enumerate(several):
        rows = (one.train.records.rows, one.valid.rows, one.test.hidden.rows)
        parts = pl.concat([pl.repeat(name, len(part), eager=True) for name, part in zip(PARTS, rows, strict=True)])
        frame = pl.DataFrame({"row": np.concatenate(rows), "part": parts}).sort("row", maintain_order=True)
        frames.append(frame if isinstance(splits, Splits) else frame.with_columns(fold=pl.lit(fold, pl.Int32)))
    with replaced(path) as temporary:
        pl.concat(frames).write_parquet(temporary)


def read_split(path: Path, records: Records, record: Record | None = None, fold: int = 0) -> Splits:
    """Return the parts that `write_split` wrote, of the same records.

    Args:
        path: the Parquet file.
        records: parsed and cleaned records of the same source.
        record: called with the reason whenever the test part is opened.
        fold: which of several splits, from 0.

    Raises:
        RunError: the file is missing, damaged, or names other rows than the records have.
    """
    try:
        frame = pl.read_parquet(path)
        frame = frame.filter(pl.col("fold") == fold) if "fold" in frame.columns else frame
        rows, names = frame.get_column("row").to_numpy(), frame.get_column("part")
        parts = names.replace_strict(PARTS, range(len(PARTS)), return_dtype=pl.Int64).to_numpy()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise RunError(f"{path} is missing; it says which rows are trained on. Train again.") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RunError(f"{path} cannot be read ({error}): it was cut off or edited. Train again.") from error
    order = np.argsort(rows, kind="stable")
    if records.timeline is not None:
        records = records.take(np.flatnonzero(np.isin(records.rows, rows)))  # rows between two parts are in none
    if not np.array_equal(rows[order], np.sort(records.rows)):
        raise RunError(
            f"{path} names {len(rows)} rows, and they are not the {len(records)} rows of {records.source or 'the source'}. "
            "The source, or how it is cleaned, has changed since the split. Train again."
        )
    return _splits(records, parts[order][np.searchsorted(rows[order], records.rows)], record)


def without(splits: Splits, rows: IntArray) -> Splits:
    """Return parts whose training and validation rows are none of some source rows; the test part stays as it is."""
    train, valid = (one.take(np.flatnonzero(~np.isin(one.rows, rows))) for one in (splits.train.records, splits.valid))
    return Splits(TrainRecords(train), valid, splits.test)


def _splits(records: Records, parts: IntArray, record: Record | None) -> Splits:
    """Return the rows of each part: 0 train, 1 valid, 2 test."""
    train, valid, test = (records.take(np.flatnonzero(parts == part)) for part in range(len(PARTS)))
    return Splits(TrainRecords(train), valid, SealedRecords(test, record))


def _column(records: Records, schema: Schema, plan: SplitPlan) -> pl.Series:
    """Return the column that the plan splits by."""
    name = plan.column or ""
    is_ignored = name in schema.columns and schema.columns[name].role is Role.IGNORED
    if name in records.frame.columns and not (is_ignored and plan.method == "time"):
        return records.frame.get_column(name)
    if is_ignored:
        role = "time" if plan.method == "time" else "identifier"
        raise ColumnError(
            f"split.column names '{name}', which is ignored and was not read. Have it read, and not learnt from: "
            f"--set schema.columns.{name}.role={role}"
        )
    raise unknown_name("column", name, records.frame.columns)


def _in_time(records: Records, schema: Schema, plan: SplitPlan) -> IntArray:
    """Return (N,) positions from the earliest row to the latest; rows without a time come first."""
    times = _column(records, schema, plan).to_physical().to_numpy().astype(np.float64)
    return np.argsort(np.where(np.isfinite(times), times, -np.inf), kind="stable")


def _dealt(
    records: Records, schema: Schema, plan: SplitPlan, fractions: Sequence[float], stream: np.random.Generator
) -> IntArray:
    """Return (N,) a part dealt to each row: by groups where the plan says so, else drawn."""
    if plan.method == "group":
        units = _units(records, schema, plan)
        return units.deal(fractions, stream)[units.labels]
    return _drawn(records, schema, plan, fractions, stream)


def _drawn(
    records: Records, schema: Schema, plan: SplitPlan, fractions: Sequence[float], stream: np.random.Generator
) -> IntArray:
    """Return (N,) a part drawn for each row, balanced by the target's classes where it has classes."""
    classes = len(schema.names(Role.TARGET)) > 0 and schema.columns[schema.target or ""].kind is not Kind.NUMBER
    units = _units(records, schema, SplitPlan(method="stratified" if classes else "random"))
    share = np.asarray(fractions) / sum(fractions)
    return units.deal(share.tolist(), stream)[units.labels]


def _units(records: Records, schema: Schema, plan: SplitPlan) -> _Units:
    """Return what must stay together under the plan's method."""
    keys = copy_keys(records, schema)
    if plan.method == "group":
        labels, sizes = units_of(_groups(_column(records, schema, plan), keys))
        return _Units(labels, sizes, None, f"groups in column '{plan.column}' that share no row")
    labels, sizes = units_of(keys)
    classes = _usual(_classes(records, schema), labels) if plan.method == "stratified" else None
    return _Units(labels, sizes, classes, "different rows")


def _usual(classes: IntArray, labels: IntArray) -> IntArray:
    """Return (U,) the class that most rows of each unit have."""
    num_classes = int(classes.max(initial=0)) + 1
    pairs, counts = np.unique(labels * num_classes + classes, return_counts=True)
    pairs = pairs[np.argsort(counts, kind="stable")]
    usual = np.empty(int(labels.max(initial=-1)) + 1, dtype=np.int64)
    usual[pairs // num_classes] = pairs % num_classes  # the most frequent is written last
    return usual


def _groups(groups: pl.Series, keys: np.ndarray) -> np.ndarray:
    """Return (N,) what must stay together: rows of one group; a row without a group stays with its copies alone."""
    known = groups.is_not_null().to_numpy()
    return np.where(known, units_of(groups.hash().to_numpy())[0], len(groups) + units_of(keys)[0])


def _classes(records: Records, schema: Schema) -> IntArray:
    """Return (N,) the class of each row: of the target, of all targets together, or the bin of a number target."""
    names = schema.names(Role.TARGET)
    if not names:
        raise PlanError("split.method 'stratified' needs a target, and the data has none. Use split.method random.")
    column = records.frame.get_column(names[0])
    if len(names) == 1 and schema.columns[names[0]].kind is Kind.NUMBER and column.n_unique() > MAX_TARGET_BINS:
        values = column.to_numpy()
        edges = np.unique(np.nanquantile(values, np.linspace(0, 1, MAX_TARGET_BINS + 1)[1:-1]))
        return np.searchsorted(edges, values, side="right").astype(np.int64)
    return units_of(records.frame[list(names)].hash_rows().to_numpy())[0]
