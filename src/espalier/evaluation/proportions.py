"""Proportions: how far a share of few rows could have come out differently."""

import math

from espalier.evaluation.intervals import TAIL


def wilson(hits: float, count: int, deviations: float = TAIL) -> tuple[float, float]:
    """Return the interval of a share. Wilson (1927), JASA 22: it stays within 0 and 1, and is right for few rows.

    Args:
        hits: rows that count, 0 to count; need not be whole.
        count: all rows, 1 or more.
        deviations: normal deviations to each side; 1.96 for 95 %.

    Example:
        >>> tuple(round(end, 3) for end in wilson(8, 10))
        (0.49, 0.943)
    """
    share, square = hits / count, deviations**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = deviations / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)
