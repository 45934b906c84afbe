"""One-column oracle: how much of the target one column tells, judged on rows that it was not fitted on.

The model is a table: rows are put into bins by the column's value, and each bin answers with the mean target of its rows in
the other folds. It needs no library, copes with categories, dates and missing values alike, and takes a millisecond a
column.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import rankdata

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.core.seeds import numpy_stream
from espalier.diagnosis.encode import Answer, as_codes, as_number
from espalier.diagnosis.significance import BoolArray, auc, auc_z

NUM_FOLDS = 5
MIN_ROWS_OF_A_CLASS = 5  # a class with fewer rows cannot be judged
ROWS_OF_A_BIN = 15
MIN_BINS, MAX_BINS = 8, 64


@dataclass(frozen=True)
class Strength:
    """How much one column tells of the target.

    Args:
        score: for two classes the AUC (0.5 chance, 1 perfect); for more the mean recall of the classes (1 perfect); for a
            number the explained share of its ranks (0 nothing, 1 everything).
        z: standard errors above chance.
    """

    score: float
    z: float


def strength(column: pl.Series, answer: Answer) -> Strength:
    """Return how much a column alone tells of the target: the better of the table of bins and, for numbers, of the plain order.

    The order of a number column needs no fitting but its direction, and is sharper than bins where a class is rare.

    Args:
        column: a parsed column.
        answer: the target of the same rows.
    """
    binned = strength_of_codes(bins_of(column), answer)
    if len(answer.classes) > 2 or not (column.dtype.is_numeric() or column.dtype.is_temporal()) or column.null_count():
        return binned
    return max(binned, _strength_of_order(as_number(column), answer), key=lambda one: one.score)


def strength_of_codes(codes: IntArray, answer: Answer) -> Strength:
    """Return how much the number of a bin tells of the target; see `strength`.

    Shapes:
        codes (N,), 0 or more.
    """
    return judged(cross_fitted_means(codes, answer.matrix), answer)


def judged(predicted: FloatArray, answer: Answer) -> Strength:
    """Return how good cross-fitted predictions are.

    Shapes:
        predicted (N, K).
    """
    if not answer.classes:
        return _strength_of_number(answer.matrix[:, 0], predicted[:, 0])
    counts = answer.matrix.sum(axis=0)
    if len(answer.classes) > 2:
        return _strength_of_classes(answer, predicted, counts)
    if counts.min() < MIN_ROWS_OF_A_CLASS:
        return Strength(0.5, 0.0)
    value = _auc_within_folds(answer.matrix[:, 1] > 0, predicted[:, 1])
    return Strength(value, auc_z(value, int(counts[1]), int(counts[0])))


def cross_fitted_means(codes: IntArray, matrix: FloatArray) -> FloatArray:
    """Return (N, K) for each row the mean target of its bin's rows in the other folds, and of one row of average target."""
    fold = _folds(len(codes))
    num_bins = int(codes.max()) + 1 if len(codes) else 0
    flat = fold * num_bins + codes
    shape = (NUM_FOLDS, num_bins)
    counts = np.bincount(flat, minlength=NUM_FOLDS * num_bins).reshape(shape)
    rest = counts.sum(axis=0) - counts
    predicted = np.empty_like(matrix)
    for place in range(matrix.shape[1]):
        sums = np.bincount(flat, weights=matrix[:, place], minlength=NUM_FOLDS * num_bins).reshape(shape)
        others = sums.sum(axis=0) - sums
        prior = others.sum(axis=1, keepdims=True) / np.maximum(rest.sum(axis=1, keepdims=True), 1)
        predicted[:, place] = ((others + prior) / (rest + 1)).reshape(-1)[flat]
    return predicted


def _folds(num_rows: int) -> IntArray:
    """Return (N,) the fold of each row."""
    return numpy_stream(0, "one column").permutation(num_rows) % NUM_FOLDS


def _auc_within_folds(positive: BoolArray, score: FloatArray) -> float:
    """Return the mean AUC of the folds, weighted by their pairs.

    Rows of one level get slightly different answers in different folds, the higher the fewer positives their own fold has.
    Compared across folds, that alone would lower the AUC.
    """
    fold = _folds(len(score))
    pairs = np.array([positive[fold == one].sum() * (~positive[fold == one]).sum() for one in range(NUM_FOLDS)])
    values = np.array([auc(positive[fold == one], score[fold == one]) for one in range(NUM_FOLDS)])
    return float((pairs * values).sum() / pairs.sum()) if pairs.sum() else 0.5


def bins_of(column: pl.Series) -> IntArray:
    """Return (N,) the bin of each row: missing values in bin 0; levels of a category, or up to 64 ranges of equal count."""
    if not (column.dtype.is_numeric() or column.dtype.is_temporal()):
        return as_codes(column) + 1
    values = as_number(column)
    known = np.isfinite(values)
    bins = np.zeros(len(values), dtype=np.int64)
    if not known.any():
        return bins
    num_bins = int(np.clip(known.sum() // ROWS_OF_A_BIN, MIN_BINS, MAX_BINS))
    levels = np.unique(values[known])
    edges = (
        (levels[1:] + levels[:-1]) / 2
        if len(levels) <= num_bins
        else np.unique(np.quantile(values[known], np.linspace(0, 1, num_bins + 1)[1:-1]))
    )
    bins[known] = np.searchsorted(edges, values[known], side="right") + 1
    return bins


def _strength_of_classes(answer: Answer, predicted: FloatArray, counts: FloatArray) -> Strength:
    """Return the mean recall; the standard errors are those of the accuracy above the share of the commonest class."""
    right = predicted.argmax(axis=1) == answer.indices
    recalls = np.bincount(answer.indices, weights=right, minlength=len(counts)) / np.maximum(counts, 1)
    usual = float(counts.max() / len(right))
    error = np.sqrt(max(usual * (1 - usual), 1e-12) / len(right))
    enough = counts >= MIN_ROWS_OF_A_CLASS
    return Strength(float(recalls[enough].mean()) if enough.any() else 0.0, float((right.mean() - usual) / error))


def _strength_of_order(values: FloatArray, answer: Answer) -> Strength:
    """Return how much the order of a column's values tells, in the better of its two directions."""
    if answer.classes:
        positive = answer.matrix[:, 1] > 0
        value = auc(positive, values)
        better = max(value, 1 - value)
        few = min(positive.sum(), len(positive) - positive.sum()) < MIN_ROWS_OF_A_CLASS
        return Strength(0.5, 0.0) if few else Strength(better, auc_z(better, int(positive.sum()), int((~positive).sum())))
    ranks, target = rankdata(values), answer.matrix[:, 0]
    if ranks.std() == 0 or target.std() == 0:
        return Strength(0.0, 0.0)
    correlation = float(np.corrcoef(ranks, target)[0, 1])
    return Strength(correlation**2, _z_of_correlation(abs(correlation), len(values)))


def _z_of_correlation(correlation: float, num_rows: int) -> float:
    """Return how many standard errors a correlation lies above 0 (Fisher 1915)."""
    return float(np.arctanh(min(correlation, 1 - 1e-12)) * np.sqrt(max(num_rows - 3, 0)))


def _strength_of_number(target: FloatArray, predicted: FloatArray) -> Strength:
    total = ((target - target.mean()) ** 2).sum()
    if total == 0:
        return Strength(0.0, 0.0)
    explained = 1 - ((target - predicted) ** 2).sum() / total
    return Strength(float(explained), _z_of_correlation(float(np.sqrt(max(explained, 0))), len(target)))
