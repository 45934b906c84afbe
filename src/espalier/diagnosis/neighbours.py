"""Neighbours: which row is nearest to a row, and how near, over columns of every kind."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from sklearn.neighbors import NearestNeighbors

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.diagnosis.encode import as_codes, as_number, standardised

MAX_LEVELS = 20  # the most frequent levels of a category count as different from each other
MAX_COLUMNS = 100  # the first of them are compared


def place(frame: pl.DataFrame, names: Sequence[str]) -> FloatArray:
    """Return (N, F) rows as points.

    Numbers and dates count in deviations from the mean, and stand at the mean when missing; two different levels of a category
    are one deviation apart.
    """
    columns = []
    for name in names[:MAX_COLUMNS]:
        column = frame.get_column(name)
        if column.dtype.is_numeric() or column.dtype.is_temporal():
            values = standardised(as_number(column))
            if values is not None:
                columns.append(np.nan_to_num(values, nan=0.0)[:, None])
        else:
            codes = as_codes(column)
            frequent = np.argsort(-np.bincount(codes + 1))[:MAX_LEVELS] - 1
            columns.append((codes[:, None] == frequent) / np.sqrt(2))
    return np.hstack(columns) if columns else np.zeros((frame.height, 0))


def nearest(points: FloatArray, others: FloatArray, leave_out_itself: bool = False) -> tuple[FloatArray, IntArray]:
    """Return (N,) the distance from each point to the nearest of the others, and (N,) which one that is.

    Args:
        points: (N, F).
        others: (M, F).
        leave_out_itself: the points are among the others; the nearest but one is returned.
    """
    count = 2 if leave_out_itself else 1
    search = NearestNeighbors(n_neighbors=count, algorithm="brute", n_jobs=1).fit(others)
    distance, index = search.kneighbors(points)
    return distance[:, -1], index[:, -1].astype(np.int64)
