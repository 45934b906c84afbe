"""Permutation importance: how much worse the score gets when one column's values are dealt out anew among the rows.

Use it to see which columns a finished model leans on. A column that another one can replace shows little importance, although
both matter; a date is one column, whatever it became inside.

Paper: Breiman 2001, Machine Learning 45, section 10; Fisher, Rudin & Dominici 2019, arXiv 1801.01489, section 3.1 (model
reliance). Differs: an interval. A permuted row holds values of two rows, so that both count with their weight when rows are
weighted anew; the weights stay near 1 and the spread is scaled up (infinitesimal jackknife: Efron 1982, chapter 6), which keeps
every class in every draw.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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
NUM_DRAWS = 40  # times that rows are weighted anew; their spread is then known to a ninth
STEP = 0.2  # how far weights go from 1, as a share of what a bootstrap draws
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
    _check(records, target_values, columns, repeats)
    records, target_values = _sampled(records, target_values, seed)
    if not metric.legal(target_values):
        return ()
    judge = _Judge(metric, target_values, predict(records), _weights(len(records), seed))
    found = []
    for column in columns:
        orders = _orders(len(records), column, seed, repeats)
        predictions = _predictions(predict, records, column, orders)
        found.append(judge.importance(column, zip(predictions, orders, strict=True)))
    return tuple(sorted(found, key=lambda one: -one.drop))


@dataclass(frozen=True)
class _Judge:
    """Compares predictions after a permutation with those before.

    Args:
        metric: the score.
        target: (N,) or (N, K), the truth.
        before: the predictions of the whole model.
        weights: (N, D) of the rows.
    """

    metric: Metric
    target: FloatArray
    before: Prediction
    weights: FloatArray

    def importance(self, column: str, shuffled: Iterable[tuple[Prediction, IntArray]]) -> ColumnImportance:
        """Return the mean drop over the permutations, with its interval."""
        sign = 1.0 if self.metric.higher_is_better else -1.0
        score = self.metric.measure(self.target, self.before)
        drops, spreads = [], []
        for after, order in shuffled:
            both = self.weights * self.weights[order]
            drops.append(score - self.metric.measure(self.target, after))
            known = self.metric.measure_many(self.target, self.before, both)
            spreads.append(known - self.metric.measure_many(self.target, after, both))
        drop = sign * float(np.mean(drops))
        half = NORMAL_QUANTILE * float(np.std(np.mean(spreads, axis=0), ddof=1)) / STEP
        return ColumnImportance(column, drop, drop - half, drop + half)


def _weights(num_rows: int, seed: int) -> FloatArray:
    """Return (N, D) weights with mean 1 for each row."""
    drawn = numpy_stream(seed, "importance", "weights").exponential(size=(num_rows, NUM_DRAWS))
    return 1 + STEP * (drawn - 1)


def _check(records: Records, target_values: FloatArray, columns: Sequence[str], repeats: int) -> None:
    """Raise an error for what cannot be measured."""
    if len(records) != len(target_values) or not len(records) or repeats < 1:
        raise InputError(
            f"Importance needs as many targets as rows, at least one, and repeats >= 1; got {len(target_values)} targets, "
            f"{len(records)} rows and {repeats} repeats."
        )
    for column in columns:
        if column not in records.frame.columns:
            raise unknown_name("column", column, records.frame.columns)


def _sampled(records: Records, target_values: FloatArray, seed: int) -> tuple[Records, FloatArray]:
    """Return at most 20,000 of the rows, in their order."""
    if len(records) <= MAX_ROWS:
        return records, target_values
    stream = numpy_stream(seed, "importance", "rows")
    index = np.sort(stream.choice(len(records), MAX_ROWS, replace=False, shuffle=False)).astype(np.int64)
    return records.take(index), target_values[index]


def _orders(num_rows: int, column: str, seed: int, repeats: int) -> list[IntArray]:
    """Return the permutations of a column; they do not depend on which other columns are looked at."""
    return [numpy_stream(seed, "importance", column, one).permutation(num_rows).astype(np.int64) for one in range(repeats)]


def _predictions(
    predict: Callable[[Records], Prediction], records: Records, column: str, orders: Sequence[IntArray]
) -> Iterator[Prediction]:
    """Yield the predictions for each permutation of a column; several permutations share a call while they are small."""
    rows = len(records)
    at_once = max(1, MAX_ROWS_OF_A_CALL // rows)
    for start in range(0, len(orders), at_once):
        some = orders[start : start + at_once]
        prediction = predict(_permuted(records, column, some))
        for place in range(len(some)):
            yield prediction.take(np.arange(place * rows, (place + 1) * rows))


def _permuted(records: Records, column: str, orders: Sequence[IntArray]) -> Records:
    """Return one copy of the records for each order, below each other, with the values of one column in that order."""
    frame = pl.concat([records.frame] * len(orders)) if len(orders) > 1 else records.frame
    values = records.frame.get_column(column)[np.concatenate(orders)]
    return replace(records, frame=frame.with_columns(values), rows=np.tile(records.rows, len(orders)))
