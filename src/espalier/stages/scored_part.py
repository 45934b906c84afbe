"""The part that is scored, and which of its rows belong together, so that intervals draw them together."""

import numpy as np
import polars as pl

from espalier.core.plan import Plan
from espalier.core.records import IntArray, Records
from espalier.data.deal import units_of
from espalier.evaluation.score import Part


def group_values(plan: Plan, records: Records) -> pl.Series | None:
    """Return the column by whose groups a plan splits, or None where it does not, or the records lack it."""
    column = plan.split.column
    if plan.split.method != "group" or column not in records.frame.columns:
        return None
    return records.frame.get_column(column)


def scored_part(name: str, rows: IntArray, column: str = "", values: pl.Series | None = None) -> Part:
    """Return the part that is scored, with its groups.

    A row without a group stands for itself, as in the split. In repeated folds a row is tested several times: these are one.

    Args:
        name: for example "test".
        rows: (N,) source rows; those of repeated folds repeat.
        column: that the groups come from.
        values: (N,) group of each row; None where rows belong to no groups.
    """
    singles, sizes = units_of(rows)
    if values is None:
        return Part(name) if len(sizes) == len(rows) else Part(name, singles)
    known = values.is_not_null().to_numpy()
    alone = units_of(rows[~known])[0]
    groups = np.empty(len(values), dtype=np.int64)
    groups[~known] = alone
    groups[known] = len(alone) + units_of(values.hash().to_numpy()[known])[0]
    return Part(name, groups, column, len(np.unique(alone)))
