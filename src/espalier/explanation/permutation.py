"""Permutation importance: how much worse the score gets when one column's values are dealt out anew among the rows.

Use it to see which columns a finished model leans on. A column that another one can replace shows little importance, although
both matter; a date is one column, whatever it became inside.

Paper: Breiman 2001, Machine Learning 45, section 10; Fisher, Rudin & Dominici 2019, arXiv 1801.01489, section 3.1 (model
reliance). Differs: an interval from rows drawn anew (bootstrap) and from the repeated permutations.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from espalier.core.batch import FloatArray, Prediction
from espalier.core.errors import InputError, unknown_name
from espalier.core.records import IntArray, Records
from espalier.core.seeds import numpy_stream
from espalier.evaluation.metrics.metric import Metric

MAX_ROWS = 20_000  # more rows are sampled down: the interval is narrow by then
MAX_ROWS_OF_A_CALL = 100_000  # permuted copies are put into one call of the model up to this many rows
NUM_DRAWS = 40  # bootstrap draws of the rows; their spread is known to a ninth
NORMAL_QUANTILE = 1.96  # of a 95 % interval


@dataclass(frozen=True)
class ColumnImportance:
    """How much a model leans on one column.

    Args:
        column: a column of the source.
        drop: how much worse the metric gets without the column's information, in the metric's unit; above 0 the column
            helps, whatever the metric's direction.
        low: lower end of the 95 % interval.
        high: upper end of it.
    """

    column: str
    drop: float
    low: float
    high: float


def importance(
    predict: Callable[[Records], Prediction],
    records: Records,
    target_values: FloatArray,
    metric: Metric,
    columns: Sequence[str],
    seed: int,
    repeats: int = 5,
) -> tuple[ColumnImportance, ...]:
    """Return the importance of each column, the most important first; nothing when the metric has no meaning on these rows.

    Args:
        predict: the model, from parsed records to predictions in the same order.
        records: (N) rows that the model was not trained on.
        target_values: (N,) or (N, K), the truth as the metric reads it.
        metric: the score.
        columns: columns of the records to look at.
        seed: of the permutations and the draws.
        repeats: permutations of each column, 1 or more.

    Raises:
        UnknownNameError: a column that the records lack.
        InputError: targets and records of different lengths, no rows, or no repeats.
    """
    if len(records) != len(target_values) or not len(records) or repeats < 1:
        raise InputError(
            f"Importance needs as many targets as rows, at least one, and repeats >= 1; got {len(target_values)} targets, "
            f"{len(records)} rows and {repeats} repeats."
        )
    for column in columns:
        if column not in records.frame.columns:
            raise unknown_name("column", column, records.frame.columns)
    records, target_values = _sampled(records, target_values, seed)
    if not metric.legal(target_values):
        return ()
    score = _Score(metric, target_values, _draws(len(records), seed))
    whole, drawn = score.of(predict(records))
    found = []
    for column in columns:
        shuffled = [score.of(prediction) for prediction in _predictions(predict, records, column, seed, repeats)]
        drops = np.array([whole - value for value, _ in shuffled])
        spread = np.array([drawn - values for _, values in shuffled])
        found.append(_interval(column, drops, spread))
    return tuple(sorted(found, key=lambda one: -one.drop))


@dataclass(frozen=True)
class _Score:
    """A metric that is higher when better, of all rows and under each draw of the rows (N, D)."""

    metric: Metric
    target: FloatArray
    draws: FloatArray

    def of(self, prediction: Prediction) -> tuple[float, FloatArray]:
        sign = 1.0 if self.metric.higher_is_better else -1.0
        value = self.metric.measure(self.target, prediction)
        return sign * value, sign * self.metric.measure_many(self.target, prediction, self.draws)


def _sampled(records: Records, target_values: FloatArray, seed: int) -> tuple[Records, FloatArray]:
    """Return at most 20,000 of the rows, in their order."""
    if len(records) <= MAX_ROWS:
        return records, target_values
    stream = numpy_stream(seed, "importance", "rows")
    index = np.sort(stream.choice(len(records), MAX_ROWS, replace=False, shuffle=False)).astype(np.int64)
    return records.take(index), target_values[index]


def _draws(num_rows: int, seed: int) -> FloatArray:
    """Return (N, D) how often each row occurs in each bootstrap draw."""
    index = numpy_stream(seed, "importance", "draws").integers(0, num_rows, (NUM_DRAWS, num_rows))
    return np.stack([np.bincount(draw, minlength=num_rows) for draw in index], axis=1).astype(np.float64)


def _predictions(
    predict: Callable[[Records], Prediction], records: Records, column: str, seed: int, repeats: int
) -> Iterator[Prediction]:
    """Yield the predictions for each permutation of a column; several permutations share a call while they are small."""
    rows = len(records)
    orders = [numpy_stream(seed, "importance", column, repeat).permutation(rows).astype(np.int64) for repeat in range(repeats)]
    at_once = max(1, MAX_ROWS_OF_A_CALL // rows)
    for start in range(0, repeats, at_once):
        some = orders[start : start + at_once]
        prediction = predict(_permuted(records, column, some))
        for place in range(len(some)):
            yield prediction.take(np.arange(place * rows, (place + 1) * rows))


def _permuted(records: Records, column: str, orders: Sequence[IntArray]) -> Records:
    """Return one copy of the records for each order, below each other, with the values of one column in that order."""
    frame = pl.concat([records.frame] * len(orders)) if len(orders) > 1 else records.frame
    values = records.frame.get_column(column)[np.concatenate(orders)]
    return replace(records, frame=frame.with_columns(values), rows=np.tile(records.rows, len(orders)))


def _interval(column: str, drops: FloatArray, spread: FloatArray) -> ColumnImportance:
    """Return the mean drop with an interval that counts the chance of the rows and that of the permutations.

    Args:
        column: its name.
        drops: (R,) drop of each permutation on all rows.
        spread: (R, D) drop of each permutation under each draw of the rows.
    """
    drawn = spread.mean(axis=0)
    drawn = drawn[np.isfinite(drawn)]  # a draw of the rows may lack a class
    by_rows = drawn.var(ddof=1) if len(drawn) > 1 else 0.0
    by_chance = drops.var(ddof=1) / len(drops) if len(drops) > 1 else 0.0
    half = NORMAL_QUANTILE * float(np.sqrt(by_rows + by_chance))
    drop = float(drops.mean())
    return ColumnImportance(column, drop, drop - half, drop + half)
