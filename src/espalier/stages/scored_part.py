"""The part that is scored, and which of its rows belong together, so that intervals draw them together."""

import numpy as np
import polars as pl

from espalier.core.plan import Plan
from espalier.core.records import IntArray, Records
from espalier.data.deal import units_of
from espalier.evaluation.score import Part


def group_values(plan: Plan, records: Records) -> pl.Series | None:
    """Return (N,) what rows belong together by, or None where every row stands for itself.

    It is the column by whose groups a plan splits; of a series, stretches as long as a forecast or a look back.
    """
    column, timeline, stretch = plan.split.column, records.timeline, _stretch(plan)
    if timeline is not None and stretch > 1:
        places = timeline.position_of(records.rows)
        series = timeline.series_of(places)
        return pl.Series(series * len(timeline) + (places - timeline.starts[series]) // stretch)
    if plan.split.method != "group" or column not in records.frame.columns:
        return None
    return records.frame.get_column(column)


def scored_part(name: str, rows: IntArray, plan: Plan | None = None, values: pl.Series | None = None) -> Part:
    """Return the part that is scored, with its groups.

    A row without a group stands for itself, as in the split. In repeated folds a row is tested several times: these are one.

    Args:
        name: for example "test".
        rows: (N,) source rows; those of repeated folds repeat.
        plan: says where the groups come from; None where nobody asks.
        values: (N,) group of each row, as `group_values` gives them; None where rows belong to no groups.
    """
    singles, sizes = units_of(rows)
    if values is None:
        return Part(name) if len(sizes) == len(rows) else Part(name, singles)
    known = values.is_not_null().to_numpy()
    alone = units_of(rows[~known])[0]
    groups = np.empty(len(values), dtype=np.int64)
    groups[~known] = alone
    groups[known] = len(alone) + units_of(values.hash().to_numpy()[known])[0]
    column = "" if plan is None else plan.split.column or ""
    return Part(name, groups, column, len(np.unique(alone)), 0 if plan is None else _stretch(plan))


def _stretch(plan: Plan) -> int:
    """Return the steps of a series whose answers are alike: those of a forecast, or of a stretch that is judged; else 0."""
    forecast, stretches = plan.prepare.forecast, plan.prepare.stretches
    return forecast.horizon if forecast is not None else stretches.look_back if stretches is not None else 0
