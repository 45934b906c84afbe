"""Scale of the steps of a series: mean and deviation of each column, gaps left out."""

import numpy as np

from espalier.core.batch import FloatArray

LEAST_SCALE = 1e-9  # of a column that never changes, as a share of its size


def center_and_scale(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and deviation of each column, 0 and 1 for one without values, and 1 for one that never changes."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    center = np.where(known, values, 0).sum(axis=0) / count
    deviation = np.sqrt(np.where(known, (values - center) ** 2, 0).sum(axis=0) / count)
    return center, np.where(deviation > LEAST_SCALE * np.abs(center), deviation, 1.0)
