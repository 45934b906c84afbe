"""The table that baselines read: numbers, category codes and windows, as the preparation makes them, and their one matrix."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.errors import InputError
from espalier.core.records import IntArray
from espalier.evaluation.baselines.window import WindowShape
from espalier.evaluation.target_kind import TargetKind

Encoding: TypeAlias = Literal["one-hot", "codes", "none", "windows"]
Matrix: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Codes: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.int64]]
Inputs: TypeAlias = Sequence[Any]  # arrays or tensors on the CPU

MAX_LEVELS = 50  # one-hot columns of one category column, the most frequent levels; the others share the column of none


@dataclass(frozen=True)
class TrainTable:
    """What a baseline is trained on: the prepared training part.

    Args:
        inputs: numbers (N, F) without gaps, category codes (N, M) when there are categories, and windows (N, C * L) when the
            rows are windows of series, in the person's units; arrays or CPU tensors.
        cardinalities: M numbers of levels, all codes counted.
        target: (N,) class index, quantity or count in the person's units; (N, K) 0 or 1 for labels; (N, 5) class index and box;
            (N, V, H) for paths, NaN where not known, rows in the order of time.
        kind: what the target holds.
        num_classes: K for classes and labels, those included that this part lacks; 0 otherwise.
        window: what the windows hold; None without windows.
    """

    inputs: Inputs
    cardinalities: tuple[int, ...]
    target: FloatArray
    kind: TargetKind
    num_classes: int = 0
    window: WindowShape | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    @property
    def numbers(self) -> Matrix:
        """Return the number columns (N, F)."""
        return np.asarray(self.inputs[0], dtype=np.float32)

    @property
    def codes(self) -> Codes:
        """Return the category codes (N, M), perhaps without any column."""
        return codes_of(self.inputs)

    @property
    def shape(self) -> WindowShape:
        """Return what the windows hold.

        Raises:
            InputError: the table has no windows.
        """
        if self.window is None:
            raise InputError("This baseline reads windows of series, and the table has none. Choose another baseline.")
        return self.window

    def take(self, rows: IntArray) -> "TrainTable":
        """Return some of the rows."""
        kept = tuple(np.asarray(one)[rows] for one in self.inputs)
        return replace(self, inputs=kept, target=np.asarray(self.target)[rows])


@dataclass(frozen=True)
class Encoder:
    """Numbers and codes to one matrix.

    Args:
        encoding: "one-hot" (a 0/1 column for each frequent level), "codes" (the code itself as a number), "none" (no column
            at all, for models that ignore the inputs) or "windows" (the flattened windows alone).
        levels: for each category column the codes that got a column of their own.
        cardinalities: number of codes of each category column.
        window: what the windows hold; None where they are not read.
    """

    encoding: Encoding
    levels: tuple[tuple[int, ...], ...]
    cardinalities: tuple[int, ...]
    window: WindowShape | None = None

    @classmethod
    def fit(cls, table: TrainTable, encoding: Encoding) -> "Encoder":
        """Return the encoder for a training table.

        Raises:
            InputError: windows are to be read, and the table has none.
        """
        window = table.shape if encoding == "windows" else None
        frequent = []
        for column, cardinality in zip(table.codes.T, table.cardinalities, strict=False):
            counts = np.bincount(column, minlength=cardinality)
            order = np.argsort(-counts, kind="stable")[:MAX_LEVELS]
            frequent.append(tuple(int(code) for code in np.sort(order[counts[order] > 0])))
        return cls(encoding, tuple(frequent), table.cardinalities, window)

    def width(self, num_numbers: int) -> int:
        """Return the number of columns of the matrix."""
        if self.window is not None:
            return self.window.width
        if self.encoding == "none":
            return 0
        coded = len(self.levels) if self.encoding == "codes" else sum(len(one) for one in self.levels)
        return num_numbers + coded

    def apply(self, inputs: Inputs) -> Matrix:
        """Return the matrix (N, F + encoded columns) or that of windows (N, C * L), float32."""
        if self.window is not None:
            return np.asarray(inputs[2], dtype=np.float32)
        if self.encoding == "none":
            return np.empty((len(inputs[0]), 0), dtype=np.float32)
        numbers, codes = np.asarray(inputs[0], dtype=np.float32), codes_of(inputs)
        if self.encoding == "codes":
            return np.concatenate([numbers, codes.astype(np.float32)], axis=1)
        matrix = np.zeros((len(numbers), self.width(numbers.shape[1])), dtype=np.float32)
        matrix[:, : numbers.shape[1]] = numbers
        start = numbers.shape[1]
        for column, levels, cardinality in zip(codes.T, self.levels, self.cardinalities, strict=True):
            place = np.full(cardinality, -1)
            place[list(levels)] = start + np.arange(len(levels))
            found = place[column]
            rows = np.flatnonzero(found >= 0)
            matrix[rows, found[rows]] = 1
            start += len(levels)
        return matrix


def codes_of(inputs: Inputs) -> Codes:
    """Return the category codes (N, M) of inputs, without columns when there are none."""
    if len(inputs) > 1 and inputs[1] is not None:
        return np.asarray(inputs[1], dtype=np.int64)
    return np.empty((len(inputs[0]), 0), dtype=np.int64)
