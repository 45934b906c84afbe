"""Paired gains: is one way of training better than another, when both were trained from the same few seeds?

Paper: Fisher 1935, The Design of Experiments, section 21 (signs flipped); Efron & Tibshirani 1993, An Introduction to the
Bootstrap, equations 14.9 to 14.15 (BCa) and 11.6 (why the mean is drawn anew, and not the median: leaving one out does not work
for it).
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from espalier.core.seeds import numpy_stream
from espalier.evaluation.intervals import Draws, interval

MAX_PAIRS = 16  # all ways to flip their signs are gone through: 65,536
FEWEST_PAIRS = 5  # one-sided, 1 of 32 ways: with fewer no outcome is below 0.05
NUM_RESAMPLES = 10_000
ROUNDING = 1e-12  # relative; sums that differ by less are the same sum


def sign_flip_p(gains: Sequence[float]) -> float:
    """Return how likely a mean gain as high as this is, one-sided, were each gain as likely to be a loss of the same size.

    Args:
        gains: of each pair; at most 16.

    Raises:
        ValueError: no pair, or more of them than can be gone through.

    Example:
        >>> sign_flip_p([0.1, 0.2, 0.1, 0.3, 0.1]), sign_flip_p([0.1, -0.1])
        (0.03125, 0.75)
    """
    values = np.asarray(gains, dtype=np.float64)
    if not 0 < len(values) <= MAX_PAIRS:
        raise ValueError(f"{len(values)} paired gains; expected 1 to {MAX_PAIRS}")
    signs = np.array(list(product((1.0, -1.0), repeat=len(values))))
    reached = float(values.sum()) - ROUNDING * float(np.abs(values).sum())
    return float((signs @ values >= reached).mean())


def mean_interval(gains: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """Return the 95 % BCa interval of the mean gain.

    Of five pairs it is somewhat too short, as every bootstrap of so few is; it stands beside `sign_flip_p`, which is exact.

    Args:
        gains: of each pair.
        seed: equal seeds give equal intervals.

    Example:
        >>> low, high = mean_interval([0.1, 0.2, 0.1, 0.3, 0.1])
        >>> 0.1 <= low < 0.16 < high < 0.3
        True
    """
    values = np.asarray(gains, dtype=np.float64)
    drawn = numpy_stream(seed, "paired gains").integers(0, len(values), size=(NUM_RESAMPLES, len(values)))
    without = (values.sum() - values) / max(len(values) - 1, 1)
    return interval(Draws(float(values.mean()), values[drawn].mean(axis=1), without))
