"""The question that a target asks: regression, two classes, several classes, or several labels at once."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

from espalier.core.errors import ColumnError
from espalier.core.records import Records
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.describe.cells import count_cells
from espalier.data.describe.names import names_count
from espalier.data.describe.numbers import PLAIN
from espalier.data.describe.target import MAX_NAMED_CLASSES, class_order

QuestionName: TypeAlias = Literal["regression", "binary", "multiclass", "counts", "multilabel", "forecasting", "anomaly"]

MIN_ROWS = 10  # fewer rows with a target cannot be split into train, valid and test
MAX_CLASSES = 10_000
MAX_ASKED_CLASSES = 100  # different numbers that are classes because a task that needs them was asked for
MOST_LEAST_COUNT = 10  # counts of anything come down to about zero somewhere; prices do not


@dataclass(frozen=True)
class Question:
    """What is asked of the data.

    Args:
        task: a task of the catalogue.
        classes: in a fixed order; of two, the positive one last. For several labels, their columns. Empty for quantities.
        reason: the rule that decided, with its evidence.
    """

    task: QuestionName
    classes: tuple[str, ...]
    reason: str


def learnt_columns(schema: Schema) -> tuple[str, ...]:
    """Return the columns that a model can learn from: inputs but free text, and the date that orders the rows."""
    dates = [name for name in schema.names(Role.TIME) if schema.columns[name].kind is Kind.DATE]
    return (*schema.inputs(Kind.NUMBER, Kind.CATEGORY, Kind.ORDERED, Kind.DATE, Kind.IMAGE, Kind.SERIES), *dates)


def numbers_as_classes(values: pl.Series, task: str) -> str:
    """Return why the numbers of a target are read as classes: the person asked for a task that needs them.

    Args:
        values: of the target.
        task: "binary" or "multiclass", as it was asked for.

    Raises:
        ColumnError: there are too many different numbers, or for a binary task more than two.
    """
    num = values.drop_nulls().n_unique()
    most = 2 if task == "binary" else MAX_ASKED_CLASSES
    if 2 <= num <= most:
        return f"you asked for the task {task}, so its {num} different numbers are {num} classes"
    expected = "2 different values" if task == "binary" else f"2 to {most} different values"
    other = "--task multiclass, or " if 2 < num <= MAX_ASKED_CLASSES else ""
    raise ColumnError(
        f"The task '{task}' was asked for, and the target '{values.name}' holds {num:,} different numbers. "
        f"Expected classes: {expected}. Use {other}--task regression, or write classes into a column of their own."
    )


def question_of(records: Records, schema: Schema) -> Question:
    """Return the question that the target asks.

    Args:
        records: parsed, with the target.
        schema: with one target, or several for the labels of a multi-label question.

    Raises:
        ColumnError: there is no target, fewer than 10 rows have one, it is a date, constant, empty, or different in every row.
    """
    names = schema.names(Role.TARGET)
    if not names:
        raise ColumnError("No target is named. Name the column to predict with --target.")
    for name in names:
        _check_filled(records.frame[name], schema.columns[name])
    if len(names) > 1:
        return _labels(records, schema, names)
    values, column = records.frame[names[0]], schema.columns[names[0]]
    if column.kind is Kind.DATE:
        raise ColumnError(
            f"The target '{names[0]}' holds dates. Expected classes or numbers: give the days between two dates instead."
        )
    return _quantity(values, column) if column.kind is Kind.NUMBER else _classes(values, column)


def _check_filled(values: pl.Series, column: Column) -> None:
    """Raise unless enough rows have a target and they differ."""
    num_filled = len(values) - values.null_count()
    if not num_filled:
        why = f" ({column.reason})" if column.reason else ""
        raise ColumnError(f"The target '{values.name}' is missing in all {len(values):,} rows{why}. Choose another target.")
    if num_filled < MIN_ROWS:
        rows = "row has" if num_filled == 1 else "rows have"
        rows = rows if num_filled == len(values) else f"of {len(values):,} {rows}"
        raise ColumnError(
            f"Only {num_filled} {rows} a value in the target '{values.name}'. "
            f"Expected at least {MIN_ROWS}: fewer cannot be split into train, valid and test. Add rows."
        )
    if values.drop_nulls().n_unique() == 1:
        only = values.drop_nulls()[0]
        raise ColumnError(
            f"The target '{values.name}' is {only!r} in all {num_filled:,} rows that have one: there is nothing to learn. "
            "Choose another target, or add rows with other values."
        )


def _labels(records: Records, schema: Schema, names: tuple[str, ...]) -> Question:
    """Return the multi-label question; every target must be a yes or no."""
    for name in names:
        num = records.frame[name].drop_nulls().n_unique()
        if num != 2 or schema.columns[name].kind in (Kind.NUMBER, Kind.DATE):
            raise ColumnError(
                f"Several targets are given, and '{name}' has {num:,} different values. Expected columns of 0 and 1 "
                "(or yes and no), one for each label. For other targets, train one model each."
            )
    return Question("multilabel", names, f"{len(names)} targets of two values each are labels that can hold at once")


def _quantity(values: pl.Series, column: Column) -> Question:
    """Return the question of a number target; it is regression, also for numbers that could be counts."""
    reason = f"{_said(values, column)}; so the question is how much"
    if column.format in (None, PLAIN) and _looks_counted(values):
        reason += " (as counts from 0 up they suit a Poisson model too: choose the task 'counts' for it)"
    return Question("regression", (), reason)


def _looks_counted(values: pl.Series) -> bool:
    """Tell whether numbers could be counts: whole, from about 0 up, and many different ones unless the name says count."""
    filled = values.drop_nulls()
    low = filled.min()
    if not isinstance(low, float) or not 0 <= low <= MOST_LEAST_COUNT or not bool((filled.floor() == filled).all()):
        return False
    return bool(names_count(values.name)) or filled.n_unique() > MAX_NAMED_CLASSES


def _said(values: pl.Series, column: Column) -> str:
    return f"{values.name}: {column.reason}" if column.reason else f"{values.name} is the target"


def _classes(values: pl.Series, column: Column) -> Question:
    """Return the question of a class target."""
    counts = dict(count_cells(values).rows())
    num_rows = sum(counts.values())
    if len(counts) == num_rows:
        raise ColumnError(
            f"The target '{values.name}' is different in every one of its {num_rows:,} rows, so no class can be learnt. "
            f"Choose another target; if it is a number, set --set schema.columns.{values.name}.kind=number"
        )
    if len(counts) > MAX_CLASSES:
        raise ColumnError(
            f"The target '{values.name}' has {len(counts):,} different values in {num_rows:,} rows: too many to be classes "
            f"(at most {MAX_CLASSES:,}). Choose another target, or put its values into fewer classes."
        )
    classes = _in_order(column, counts)
    if len(classes) == 2:
        share = counts[classes[1]] / num_rows
        reason = f"{_said(values, column)}; so the question is whether it is '{classes[1]}' ({share:.1%} of the rows)"
        return Question("binary", classes, reason)
    return Question("multiclass", classes, f"{_said(values, column)}; so the question is which of {len(classes):,} classes")


def _in_order(column: Column, counts: dict[str, int]) -> tuple[str, ...]:
    """Return the classes that occur, in the order of the schema where it names them all."""
    if set(counts) <= set(column.order):
        return tuple(name for name in column.order if name in counts)
    return class_order(counts)
