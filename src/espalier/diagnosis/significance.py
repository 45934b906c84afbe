"""Significance: is an effect more than chance, also when many columns were looked at?"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from scipy.special import erfc, ndtri
from scipy.stats import rankdata
from scipy.stats import t as student

from espalier.core.batch import FloatArray

FALSE_DISCOVERY_RATE = 0.01  # over the columns of one check
SMALLEST_PROBABILITY = 1e-300  # below it a double holds no normal value

BoolArray: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]


def auc(positive: BoolArray, score: FloatArray) -> float:
    """Return the area under the ROC curve: how often a positive row has a higher score than a negative one, ties counting half.

    Shapes:
        positive (N,), score (N,), to a number in 0 to 1; one half when there is only one class.

    Example:
        >>> auc(np.array([False, True, True]), np.array([0.1, 0.1, 0.9]))
        0.75
    """
    num_positive = int(positive.sum())
    num_negative = len(positive) - num_positive
    if not num_positive or not num_negative:
        return 0.5
    ranks = rankdata(score)
    return float((ranks[positive].sum() - num_positive * (num_positive + 1) / 2) / (num_positive * num_negative))


def auc_z(value: float, num_positive: int, num_negative: int) -> float:
    """Return how many standard errors an AUC lies above one half (Mann & Whitney 1947, without ties)."""
    if not num_positive or not num_negative:
        return 0.0
    error = np.sqrt((num_positive + num_negative + 1) / (12 * num_positive * num_negative))
    return float((value - 0.5) / error)


def z_of_mean(values: FloatArray) -> float:
    """Return how sure the mean of some values is above 0: the standard normal value with the probability of Student's t.

    Example:
        >>> z_of_mean(np.array([1.0, -1.0])), z_of_mean(np.array([1.0, 1.2, 0.9, 1.1])) > 3
        (0.0, True)
    """
    spread = values.std(ddof=1) if len(values) > 1 else 0.0
    if spread == 0:
        return 0.0
    ratio = float(values.mean() / spread * np.sqrt(len(values)))
    size = -float(ndtri(max(student.sf(abs(ratio), len(values) - 1), SMALLEST_PROBABILITY)))
    return size if ratio > 0 else -size


def z_of_shares(one: float, num_one: int, other: float, num_other: int) -> float:
    """Return how many standard errors one share lies above another, were both drawn from one pool.

    Args:
        one: a share, 0 to 1.
        num_one: rows that it was counted on.
        other: another share.
        num_other: rows that that one was counted on.
    """
    pooled = (one * num_one + other * num_other) / (num_one + num_other)
    error = np.sqrt(pooled * (1 - pooled) * (1 / num_one + 1 / num_other))
    return float((one - other) / error) if error > 0 else 0.0


def p_value(z: float) -> float:
    """Return the one-sided probability of a standard normal value of z or more.

    Example:
        >>> round(p_value(1.6449), 4)
        0.05
    """
    return float(0.5 * erfc(z / np.sqrt(2)))


def discoveries(p_values: Sequence[float], rate: float = FALSE_DISCOVERY_RATE) -> BoolArray:
    """Return which of several p-values are small enough that at most this share of them is expected to be chance.

    Paper: Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57, the step-up procedure (1).

    Example:
        >>> discoveries([0.001, 0.5, 0.004, 0.02], rate=0.01).tolist()
        [True, False, True, False]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values)
    below = values[order] <= rate * np.arange(1, len(values) + 1) / max(len(values), 1)
    found = np.zeros(len(values), dtype=np.bool_)
    if below.any():
        found[order[: int(np.flatnonzero(below)[-1]) + 1]] = True
    return found
