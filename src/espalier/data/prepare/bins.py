"""Bins: edges that cut a number into parts with equally many rows, for piecewise-linear number embeddings.

Paper: Gorishniy, Rubachev, Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep Learning" (arXiv 2203.05556),
section 3.2.1: edges are the quantiles of the training values. Differs: a value that fills more than a bin by itself (the zeros
of a column that is mostly zero) stands alone between edges, and the bins it would have swallowed go to the other values; a
constant column, which the authors drop, gets one bin of width one around its value.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.records import TrainRecords
from espalier.data.prepare.numbers import FrameReader

Edges: TypeAlias = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Bins:
    """Learns the edges of each number's bins.

    Args:
        count: bins of each number, at least 1; fewer where values repeat.
    """

    count: int

    def fit(self, train: TrainRecords, read: FrameReader) -> Edges:
        """Return the edges of each number, outer ones included: at least two, rising, exact in float32.

        Args:
            train: the training part.
            read: gives the prepared numbers of a frame, (N, F).
        """
        return tuple(self._edges(column) for column in read(train.records.frame).T)

    def _edges(self, values: FloatArray) -> tuple[float, ...]:
        known, counts = np.unique(values.astype(np.float32), return_counts=True)
        heavy = np.flatnonzero(counts > len(values) / self.count)
        beside = np.unique(np.concatenate([heavy, heavy + 1]))
        rest = np.repeat(known, np.where(np.isin(np.arange(len(known)), heavy), 0, counts)).astype(np.float64)
        left = self.count + 1 - len(heavy)
        quantiles = np.quantile(rest, np.linspace(0, 1, left)) if len(rest) and left > 1 else rest[:0]
        alone = known[beside[beside < len(known)]] if len(known) > 1 else known
        edges = np.unique(np.concatenate([quantiles, alone, known[[0, -1]]]).astype(np.float32)).astype(np.float64)
        if len(edges) < 2:
            width = max(1.0, float(abs(edges[0])) * 1e-6)  # float32 must tell the edges apart
            edges = (edges + [-width / 2, width / 2]).astype(np.float32).astype(np.float64)
        return tuple(edges.tolist())
