"""Significance: is an effect more than chance, also when many columns were looked at?"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from scipy.special import erfc
from scipy.stats import rankdata

from espalier.core.batch import FloatArray

FALSE_DISCOVERY_RATE = 0.01  # over the columns of one check

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
