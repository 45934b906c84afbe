"""Intervals: how far a score could have come out differently on other rows of the same kind.

Rows of the part are drawn anew, with replacement, many times; each draw is a column of row weights, so that a metric is
measured under all of them at once. Two models are compared under the same draws.

Rows of one group (visits of one patient) are alike, and say less than as many rows of different groups. Where groups are
given, whole groups are drawn instead of rows: the cluster bootstrap.

Paper: Efron 1987, Better Bootstrap Confidence Intervals (BCa); Efron & Tibshirani 1993, An Introduction to the Bootstrap,
equations 14.9 to 14.15 (BCa), sections 13.3 (about 1,000 draws for an interval's ends) and 6.4 (50 to 200 for a deviation);
Field & Welsh 2007, Bootstrapping clustered data; Cameron, Gelbach & Miller 2008, Bootstrap-Based Improvements for Inference
with Clustered Errors (whole groups drawn).
Differs: BCa's acceleration comes from leaving out blocks of rows (or of groups), at most 100 of them, instead of single ones.

An interval answers for the rows only: a network trained again from another seed would differ too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.core.errors import InputError
from espalier.core.records import IntArray
from espalier.core.scorecard import Comparison, Score
from espalier.core.seeds import numpy_stream
from espalier.evaluation.metrics.metric import Metric

MAX_RESAMPLES = 1000
MIN_RESAMPLES = 50
MAX_CELLS = 2e7  # rows times resamples: about 0.3 s for a ranking metric; see tests/evaluation/test_intervals.py
CHUNK_CELLS = 1e7  # of them held in memory at once, 40 MB
MAX_BLOCKS = 100  # left out one after the other for the acceleration
CONFIDENCE = 0.95

NORMAL = NormalDist()
TAIL = NORMAL.inv_cdf((1 + CONFIDENCE) / 2)  # 1.96


def num_resamples(num_rows: int) -> int:
    """Return how often a part of this size is drawn anew: 1,000 up to 20,000 rows, then fewer, at least 50."""
    return int(min(MAX_RESAMPLES, max(MIN_RESAMPLES, MAX_CELLS // max(num_rows, 1))))


def resamples(num_rows: int, seed: int, groups: IntArray | None = None) -> Iterator[FloatArray]:
    """Yield row weights, several draws at a time: how often each row is drawn.

    Args:
        num_rows: N.
        seed: equal seeds, lengths and groups give equal draws.
        groups: (N,) code of each row's group: as many groups as there are, each drawn whole; None draws rows. Groups of one
            row each are drawn as rows are.

    Shapes:
        (N, R) float32, each column summing to N, with groups of different sizes only about; over all yields R sums to
        `num_resamples(N)`.

    Raises:
        InputError: not one integer code a row, or fewer than two groups.
    """
    unit, num_units = _units(num_rows, groups)
    stream = numpy_stream(seed, "bootstrap")
    left, most = num_resamples(num_rows), max(1, int(CHUNK_CELLS // max(num_rows, 1)))
    while left > 0:
        size = min(left, most)
        drawn = stream.integers(0, num_units, size=(size, num_units))
        counts = np.stack([np.bincount(row, minlength=num_units) for row in drawn], axis=1)
        weights: FloatArray = np.ascontiguousarray(counts, dtype=np.float32)
        yield weights if unit is None else weights[unit]
        left -= size


def _units(num_rows: int, groups: IntArray | None) -> tuple[IntArray | None, int]:
    """Return (N,) the unit that each row is drawn with, by first appearance, and how many there are; None for single rows."""
    if groups is None:
        return None, num_rows
    if groups.shape != (num_rows,) or not np.issubdtype(groups.dtype, np.integer):
        raise InputError(
            f"Groups of shape {groups.shape} and type {groups.dtype} for {num_rows} rows; expected one integer code a row."
        )
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    if len(first) < 2:
        raise InputError(f"All {num_rows} rows are of one group; expected two or more to draw from. Leave the groups out.")
    return np.argsort(np.argsort(first))[inverse], len(first)


@dataclass(frozen=True)
class Draws:
    """One metric of one model under every resample.

    Args:
        value: the metric on the part as it is.
        drawn: (R,) under each resample; NaN where it has no meaning there.
        without: (B,) without each block of rows; empty when it is not needed.
    """

    value: float
    drawn: FloatArray
    without: FloatArray

    def minus(self, other: "Draws") -> "Draws":
        """Return the difference to another model's draws on the same rows."""
        return Draws(self.value - other.value, self.drawn - other.drawn, self.without - other.without)

    def times(self, factor: float) -> "Draws":
        """Return every number times a factor."""
        return Draws(self.value * factor, self.drawn * factor, self.without * factor)


def draw(
    metrics: Sequence[Metric],
    target: FloatArray,
    predictions: Mapping[str, Prediction],
    seed: int,
    groups: IntArray | None = None,
) -> dict[str, dict[str, Draws]]:
    """Return draws by model and metric, all from the same resamples; a metric that a prediction cannot serve is left out.

    Args:
        metrics: what is measured.
        target: (N,) or (N, K).
        predictions: by the model's name, for the same rows in the same order.
        seed: equal seeds, lengths and groups give equal resamples.
        groups: (N,) code of each row's group, drawn whole; None draws rows.

    Raises:
        InputError: not one integer code a row, or fewer than two groups.
    """
    pairs = [(name, metric) for name, one in predictions.items() for metric in metrics if metric.reads(one)]
    drawn: dict[tuple[str, str], list[FloatArray]] = {(name, metric.name): [] for name, metric in pairs}
    for weights in resamples(len(target), seed, groups):
        for name, metric in pairs:
            drawn[name, metric.name].append(metric.measure_many(target, predictions[name], weights))
    blocks = _leave_out(len(target), seed, groups)
    result: dict[str, dict[str, Draws]] = {name: {} for name in predictions}
    for name, metric in pairs:
        result[name][metric.name] = Draws(
            metric.measure(target, predictions[name]),
            np.concatenate(drawn[name, metric.name]),
            metric.measure_many(target, predictions[name], blocks) if blocks.shape[1] else np.empty(0),
        )
    return result


def _leave_out(num_rows: int, seed: int, groups: IntArray | None) -> FloatArray:
    """Return weights (N, B), each column without one block of rows; no columns when normal intervals are made."""
    if num_resamples(num_rows) < MAX_RESAMPLES:
        return np.empty((num_rows, 0), dtype=np.float32)
    unit, num_units = _units(num_rows, groups)
    num_blocks = min(num_units, MAX_BLOCKS)
    block = numpy_stream(seed, "groups").permutation(num_units) % num_blocks
    block = block if unit is None else block[unit]
    return np.asarray(block[:, None] != np.arange(num_blocks), dtype=np.float32)


def interval(draws: Draws) -> tuple[float, float]:
    """Return the 95 % interval: BCa of 1,000 draws, or value +- 1.96 deviations of fewer, where 1,000 would take too long.

    The interval always holds the value itself. Draws in which the metric has no meaning are left out.
    """
    drawn = draws.drawn[np.isfinite(draws.drawn)]
    if len(drawn) < 2 or not np.isfinite(draws.value):
        return draws.value, draws.value
    if len(draws.drawn) < MAX_RESAMPLES:
        reach = TAIL * float(drawn.std(ddof=1))
        return draws.value - reach, draws.value + reach
    low, high = np.quantile(drawn, _bca_levels(draws.value, drawn, draws.without))
    return min(float(low), draws.value), max(float(high), draws.value)


def _bca_levels(value: float, drawn: FloatArray, without: FloatArray) -> tuple[float, float]:
    """Return the quantiles of the draws that are the interval's ends (Efron & Tibshirani 1993, equation 14.10)."""
    below = (np.count_nonzero(drawn < value) + np.count_nonzero(drawn == value) / 2) / len(drawn)
    edge = 1 / (len(drawn) + 1)
    bias = NORMAL.inv_cdf(float(np.clip(below, edge, 1 - edge)))  # equation 14.14
    pull = without[np.isfinite(without)]
    pull = pull.mean() - pull if len(pull) else pull
    spread = float((pull**2).sum())
    acceleration = float((pull**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0  # equation 14.15

    def level(tail: float) -> float:
        return NORMAL.cdf(bias + (bias + tail) / max(1 - acceleration * (bias + tail), edge))

    return level(-TAIL), level(TAIL)


def score(draws: Draws) -> Score:
    """Return the value with its interval."""
    return Score(draws.value, *interval(draws))


def compare(metric: Metric, network: Draws, rival: Draws, rival_name: str) -> Comparison:
    """Return the improvement over a rival under the same draws; above 0 the first is better, whatever the direction.

    Args:
        metric: what was measured.
        network: draws of the first.
        rival: draws of the other, from the same resamples.
        rival_name: the other's name.
    """
    difference = network.minus(rival).times(1 if metric.higher_is_better else -1)
    return Comparison(rival_name, difference.value, *interval(difference))


def bootstrap(metric: Metric, target: FloatArray, prediction: Prediction, seed: int, groups: IntArray | None = None) -> Score:
    """Return a metric with its 95 % interval.

    Args:
        metric: what is measured.
        target: (N,) or (N, K), the truth.
        prediction: for the same rows in the same order.
        seed: equal seeds give equal intervals.
        groups: (N,) code of each row's group, drawn whole; None draws rows.

    Raises:
        InputError: not one integer code a row, or fewer than two groups.
    """
    return score(draw([metric], target, {"it": prediction}, seed, groups)["it"][metric.name])


def paired(
    metric: Metric,
    target: FloatArray,
    prediction: Prediction,
    rival_prediction: Prediction,
    rival_name: str,
    seed: int,
    groups: IntArray | None = None,
) -> Comparison:
    """Return how much better the first prediction is than the rival's on the same rows, with its 95 % interval.

    Args:
        metric: what is measured.
        target: (N,) or (N, K), the truth.
        prediction: for the same rows in the same order.
        rival_prediction: another model's, for the same rows.
        rival_name: the other model's name.
        seed: equal seeds give equal intervals.
        groups: (N,) code of each row's group, drawn whole; None draws rows.

    Raises:
        InputError: not one integer code a row, or fewer than two groups.
    """
    both = draw([metric], target, {"it": prediction, "rival": rival_prediction}, seed, groups)
    return compare(metric, both["it"][metric.name], both["rival"][metric.name], rival_name)
