"""Threshold: the probability from which a binary question is answered with the positive class.

It is chosen on the validation part: the highest F1 of the positive class when that class is rare (less than a third of the
rows), the highest balanced accuracy otherwise, because F1 would answer 'positive' to nearly everything when positives abound.

The best threshold of one part is partly luck. So the part is drawn anew many times; each draw chooses a threshold on the rows
drawn and tries it on those left out (Efron & Tibshirani 1997, the out-of-bag bootstrap). The median choice is taken, and only
when the choices gain over 0.5 on the rows left out, on average; otherwise 0.5 stays. On four real tables with validation parts
of 150 to 1,200 rows this kept nearly the whole gain of taking the best threshold of the part, and lost seldom where that lost
up to 0.24 of F1; asking for a gain of one deviation instead gave half of the gain away.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from espalier.core.batch import FloatArray, Prediction
from espalier.core.records import IntArray
from espalier.evaluation.intervals import resamples
from espalier.evaluation.metrics.classes import class_sums
from espalier.evaluation.metrics.metric import class_indices, divide

BoolArray: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]

DEFAULT = 0.5
RARE_FRACTION = 1 / 3  # of positive rows; below it F1 decides
MIN_CLASS_ROWS = 10  # of either class; with fewer nothing can be told
MAX_ROWS = 20_000  # looked at; more would change the third digit
MAX_DRAWS = 200
NUM_CANDIDATES = 500  # thresholds tried, at equal distances in rank


@dataclass(frozen=True)
class Threshold:
    """A threshold with its reason.

    Args:
        value: probability from which the positive class is answered, 0 to 1.
        criterion: "f1" or "balanced_accuracy".
        reason: why, in one sentence.
    """

    value: float
    criterion: str
    reason: str


def best_threshold(target: FloatArray, probability: FloatArray, weight: FloatArray | None = None, seed: int = 0) -> float:
    """Return the threshold alone; see `choose_threshold`.

    Args:
        target: (N,) 1 for the positive class, 0 for the other; the validation part.
        probability: (N,) of the positive class.
        weight: (N,) how much each row counts; None counts every row once.
        seed: of the draws.
    """
    return choose_threshold(target, probability, weight, seed).value


def choose_threshold(target: FloatArray, probability: FloatArray, weight: FloatArray | None = None, seed: int = 0) -> Threshold:
    """Return the probability from which the positive class is best answered, with the reason.

    Args:
        target: (N,) 1 for the positive class, 0 for the other; the validation part.
        probability: (N,) of the positive class.
        weight: (N,) how much each row counts; None counts every row once.
        seed: of the draws.

    Example:
        >>> choose_threshold(np.array([0, 1, 0]), np.array([0.1, 0.4, 0.2])).reason
        '0.5 stays: the validation part has only 1 row of the positive class; at least 10 of either are needed to choose.'
    """
    positive = class_indices(target) == 1
    weights = np.ones(len(positive)) if weight is None else weight
    share = float(weights[positive].sum() / max(weights.sum(), np.finfo(float).tiny))
    criterion = "f1" if share < RARE_FRACTION else "balanced_accuracy"
    few = _too_few(positive)
    if few:
        return Threshold(DEFAULT, criterion, few)
    if len(positive) > MAX_ROWS:
        kept = np.random.default_rng(seed).choice(len(positive), MAX_ROWS, replace=False)
        positive, probability, weights = positive[kept], probability[kept], weights[kept]
    gains, chosen = _trials(positive, probability, weights, criterion, seed)
    name = criterion.replace("_", " ").replace("f1", "F1")
    if len(gains) == 0 or gains.mean() <= 0:
        return Threshold(DEFAULT, criterion, f"0.5 stays: other thresholds gain no {name} on rows not used to choose them.")
    value = float(np.median(chosen))
    return Threshold(
        value,
        criterion,
        f"{value:.3f} gives the highest {name} on the validation part ({gains.mean():+.3f} +- {gains.std():.3f} over 0.5 "
        f"on rows not used to choose; positives are {share:.0%} of the rows).",
    )


def answer(prediction: Prediction, threshold: float) -> Prediction:
    """Return a binary prediction with its classes answered anew from the probabilities.

    Args:
        prediction: with probabilities (N, 2).
        threshold: probability from which class 1 is answered.
    """
    probabilities = prediction.probabilities
    if probabilities is None:
        return prediction
    return replace(prediction, values=(probabilities[:, 1] >= threshold).astype(np.float64))


def _too_few(positive: BoolArray) -> str:
    """Return the reason not to choose at all, or nothing."""
    counts = {"positive": int(positive.sum()), "negative": int((~positive).sum())}
    rare = min(counts, key=lambda name: counts[name])
    if counts[rare] >= MIN_CLASS_ROWS:
        return ""
    rows = "1 row" if counts[rare] == 1 else f"{counts[rare]} rows"
    return (
        f"0.5 stays: the validation part has only {rows} of the {rare} class; "
        f"at least {MIN_CLASS_ROWS} of either are needed to choose."
    )


def _candidates(probability: FloatArray) -> FloatArray:
    """Return thresholds half-way between neighbouring probabilities, and 0.5, in ascending order."""
    distinct = np.unique(probability)
    between = (distinct[1:] + distinct[:-1]) / 2
    if len(between) > NUM_CANDIDATES:
        between = between[np.linspace(0, len(between) - 1, NUM_CANDIDATES).astype(int)]
    return np.unique(np.append(between, DEFAULT))


def _trials(
    positive: BoolArray, probability: FloatArray, weight: FloatArray, criterion: str, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return for each draw the gain over 0.5 on the rows left out, and the threshold chosen on the rows drawn: (R,) each."""
    candidates = _candidates(probability)
    place = np.searchsorted(candidates, probability, side="right")  # how many thresholds call each row positive
    draws = next(resamples(len(positive), seed))[:, :MAX_DRAWS]
    chosen = _qualities(positive, place, weight[:, None] * draws, len(candidates), criterion).argmax(axis=0)
    tried = _qualities(positive, place, weight[:, None] * (draws == 0), len(candidates), criterion)
    columns = np.arange(len(chosen))
    gains = tried[chosen, columns] - tried[np.searchsorted(candidates, DEFAULT), columns]
    known = np.isfinite(gains)
    return gains[known], candidates[chosen[known]]


def _qualities(positive: BoolArray, place: IntArray, weights: FloatArray, num_candidates: int, criterion: str) -> FloatArray:
    """Return the criterion at every threshold under every weighting: (C, R); NaN without rows of both classes."""
    hits = _called(place, weights * positive[:, None], num_candidates)
    alarms = _called(place, weights * ~positive[:, None], num_candidates)
    positives, negatives = weights[positive].sum(axis=0), weights[~positive].sum(axis=0)
    both = np.where((positives > 0) & (negatives > 0), 1.0, np.nan)
    if criterion == "f1":
        return both * divide(2 * hits, positives + hits + alarms, empty=0.0)
    return both * (divide(hits, positives) + 1 - divide(alarms, negatives)) / 2


def _called(place: IntArray, weights: FloatArray, num_candidates: int) -> FloatArray:
    """Return the weight of the rows that each threshold calls positive: (C, R)."""
    sums = class_sums(place, weights, num_candidates + 1)
    return np.cumsum(sums[::-1], axis=0)[::-1][1:]
