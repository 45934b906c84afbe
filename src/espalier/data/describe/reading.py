"""The outcome of reading a column's cells as one kind."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from espalier.core.records import IntArray

NOWHERE: IntArray = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Reading:
    """A column's values, and where its cells could not be read.

    Args:
        values: (N,) one value for each cell; null where it is missing or could not be read.
        unread: positions of cells that hold something else than the kind; their values are null.
        infinite: positions of infinite numbers; their values are null.
    """

    values: pl.Series
    unread: IntArray = field(default_factory=lambda: NOWHERE)
    infinite: IntArray = field(default_factory=lambda: NOWHERE)
