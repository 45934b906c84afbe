"""Values that are known ahead: what each step's series holds some steps later."""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray


def ahead(values: FloatArray, starts: IntArray, num_steps: int) -> FloatArray:
    """Return (P,) what each step's series holds some steps later; its last value where the series ends before.

    Args:
        values: (P,), several series one behind the other.
        starts: (S + 1,) first position of each series, and P.
        num_steps: how much later.

    Example:
        >>> ahead(np.array([1.0, 2.0, 3.0, 7.0, 8.0]), np.array([0, 3, 5]), 1).tolist()
        [2.0, 3.0, 3.0, 8.0, 8.0]
    """
    ends = np.repeat(starts[1:], np.diff(starts)) - 1
    return np.asarray(values[np.minimum(np.arange(len(values)) + num_steps, ends)])
