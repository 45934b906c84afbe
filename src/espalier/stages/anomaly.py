"""Anomalies: what is asked, which rows are normal, and that only these are learnt from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from espalier.core.errors import ColumnError, SplitError, unknown_name
from espalier.core.plan import Plan
from espalier.core.records import Records, Splits
from espalier.core.schema import Kind, Role, Schema
from espalier.data.describe.question import Question, QuestionName
from espalier.data.prepare.normal import CLASSES, is_odd
from espalier.data.prepare.stretches import labels_of
from espalier.data.split import without

ANOMALY: QuestionName = "anomaly"
NORMAL, LABELS = "task.options.normal", "prepare.stretches.labels"
MAX_SHOWN = 10  # classes named in a message
FEWEST_NORMAL = 10  # normal rows of the training part


def normal_names(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the classes that a plan's task calls normal.

    Example:
        >>> normal_names({"normal": 1}), normal_names({"normal": ["a", "b"]}), normal_names({})
        (('1',), ('a', 'b'), ())
    """
    given = options.get("normal", ())
    return tuple(str(one) for one in given) if isinstance(given, list | tuple) else (str(given),)


def anomaly_question(records: Records, schema: Schema) -> Question:
    """Return the question which windows, or which steps, are unlike the others.

    Raises:
        ColumnError: a column is to be looked at and holds no numbers.
    """
    if schema.inputs(Kind.SERIES):
        return Question(ANOMALY, CLASSES, "you asked which windows are unlike the normal ones")
    odd = next((one for one in schema.names(Role.TARGET) if schema.columns[one].kind is not Kind.NUMBER), None)
    if odd is not None:
        raise ColumnError(
            f"The column '{odd}' is of kind {schema.columns[odd].kind}; steps of a series that are looked at for anomalies are "
            "numbers. Name another --target; a column that says which steps are anomalies is named with --labels."
        )
    return Question(ANOMALY, CLASSES, "you asked which steps are unlike the normal ones")


def with_labels(given: Mapping[str, Mapping[str, Any]], name: str, records: Records) -> dict[str, dict[str, Any]]:
    """Return edits of columns by which the column of labels is no input.

    Raises:
        UnknownNameError: no such column.
    """
    if name not in records.frame.columns:
        raise unknown_name("column", name, records.frame.columns)
    return {**{one: dict(edits) for one, edits in given.items()}, name: {**given.get(name, {}), "role": Role.IDENTIFIER.value}}


def usual_class(records: Records, schema: Schema, task: str) -> tuple[str, str] | None:
    """Return the class that most windows have, and why it is normal; None where no anomalies are asked for."""
    target = schema.target
    if task != ANOMALY or target is None or not schema.inputs(Kind.SERIES):
        return None
    texts = records.frame.get_column(target).cast(pl.String).drop_nulls()
    counted = texts.alias("class").value_counts().sort(["count", "class"], descending=[True, False])
    if not counted.height:
        return None
    name, count = counted.row(0)
    return name, f"most windows have it ({count:,} of {len(texts):,}); the others count as anomalies"


def keep_normal(plan: Plan, records: Records, parts: Sequence[Splits]) -> tuple[list[Splits], str]:
    """Return parts of which the training and the validation part hold normal rows alone, and what was taken out, in words.

    Of a series a step is taken out with every stretch that holds a labelled one. The test part stays as it is.

    Args:
        plan: says what is normal.
        records: all rows.
        parts: of one split, or of each fold.

    Raises:
        ColumnError: no row has the class that is called normal.
        SplitError: too few normal rows are left to learn from.
    """
    if plan.task.name != ANOMALY:
        return list(parts), ""
    odd = records.rows[_is_odd(plan, records)]
    if not len(odd):
        return list(parts), ""
    kept, taken = [], [0, 0]
    for splits in parts:
        less = without(splits, odd)
        train, valid = less.train, less.valid
        if len(train) < FEWEST_NORMAL or not len(valid):
            part, left = ("training", train) if len(train) < FEWEST_NORMAL else ("validation", valid)
            raise SplitError(
                f"{len(left):,} normal rows are left in the {part} part once anomalies are taken out; expected at least "
                f"{FEWEST_NORMAL if part == 'training' else 1}. Bring more normal rows, or say what is normal with "
                f"--set {NORMAL}=NAME."
            )
        taken[0] += len(splits.train) - len(train)
        taken[1] += len(splits.valid) - len(valid)
        kept.append(less)
    said = f"{taken[0]:,} anomalies are not learnt from, and {taken[1]:,} do not set the alarm level"
    return kept, said


def _is_odd(plan: Plan, records: Records) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return (N,) which rows are not to be learnt from."""
    form, timeline = plan.prepare.stretches, records.timeline
    if form is None or timeline is None:
        return _other_windows(plan, records)
    if form.labels is None:
        return np.zeros(len(records), dtype=bool)
    places = timeline.position_of(records.rows)
    flags = np.zeros(len(timeline) + 1, dtype=np.int64)
    flags[places + 1] = labels_of(records, form.labels)
    before = np.cumsum(flags)
    first = np.maximum(places - form.look_back + 1, timeline.starts[timeline.series_of(places)])
    return np.asarray(before[places + 1] > before[first])


def _other_windows(plan: Plan, records: Records) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return (N,) which windows have a class that is not normal.

    Raises:
        ColumnError: no row has a class that is called normal.
    """
    target, normal = plan.schema.target, normal_names(plan.task.options)
    if target is None:
        return np.zeros(len(records), dtype=bool)
    column = records.frame.get_column(target)
    known = column.cast(pl.String).drop_nulls().unique().sort().to_list()
    strange = [one for one in normal if one not in known]
    if strange or not normal:
        shown = ", ".join(repr(one) for one in known[:MAX_SHOWN]) + (", ..." if len(known) > MAX_SHOWN else "")
        said = f"No row of {records.source} has '{strange[0]}' in '{target}'" if strange else "No class is called normal"
        raise ColumnError(f"{said}; its classes are {shown}. Name the normal one: --set {NORMAL}=NAME")
    return is_odd(column, normal)
