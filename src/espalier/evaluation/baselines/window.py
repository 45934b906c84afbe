"""Window: what the flattened windows of a table hold, and how baselines read the history in them."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray

BoolArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class WindowShape:
    """The shape of windows, and of the forecasts that follow them.

    Args:
        channels: C.
        length: L, steps of a window. The last step is the last one known.
        horizon: H, steps to be forecast; 0 when windows are classified or answered with a number.
        num_targets: V, the first V channels are to be forecast; 0 likewise.
        season: steps after which the series repeat themselves; 1 for none.
        look_back: steps that models of lags read, the last ones of the window; 0 for all.
    """

    channels: int
    length: int
    horizon: int = 0
    num_targets: int = 0
    season: int = 1
    look_back: int = 0

    @property
    def width(self) -> int:
        """Return the numbers of one window, C * L."""
        return self.channels * self.length

    @property
    def num_lags(self) -> int:
        """Return the steps that models of lags read."""
        return min(self.look_back, self.length) or self.length

    def windows(self, matrix: FloatArray) -> FloatArray:
        """Return flattened windows (N, C * L) as (N, C, L)."""
        return matrix.reshape(len(matrix), self.channels, self.length)

    def histories(self, matrix: FloatArray, empty: FloatArray) -> FloatArray:
        """Return the past of the variables to be forecast without gaps, from windows (N, C * L).

        A gap holds the last value before it, steps before the first value hold that one.

        Args:
            matrix: flattened windows, NaN where not known.
            empty: (V,) what a variable without any known value holds.

        Shapes:
            (N, V, L) float64.
        """
        return without_gaps(self.windows(matrix)[:, : self.num_targets], empty)

    def paths(self, matrix: FloatArray) -> FloatArray:
        """Return flattened forecasts (N, V * H) as (N, V, H)."""
        return matrix.reshape(len(matrix), self.num_targets, self.horizon)


def without_gaps(series: FloatArray, empty: FloatArray) -> FloatArray:
    """Return series whose gaps hold the last value before them, or the first value where there is none before.

    Args:
        series: (N, V, L), NaN where not known.
        empty: (V,) what a series without any value holds.

    Example:
        >>> without_gaps(np.array([[[np.nan, 1.0, np.nan, 3.0]]]), np.zeros(1)).tolist()
        [[[1.0, 1.0, 1.0, 3.0]]]
    """
    values = series.astype(np.float64)
    known = np.isfinite(values)
    if known.all():
        return values
    last = np.maximum.accumulate(np.where(known, np.arange(values.shape[-1]), -1), axis=-1)
    first = known.argmax(axis=-1, keepdims=True)
    filled = np.take_along_axis(values, np.where(last < 0, first, last), axis=-1)
    return np.where(known.any(axis=-1, keepdims=True), filled, empty[:, None])


def means_of_variables(target: FloatArray, shape: WindowShape) -> FloatArray:
    """Return (V,) the mean of each variable over targets (N, V * H), 0 for one without any known value."""
    paths = shape.paths(target)
    known = np.isfinite(paths)
    sums = np.where(known, paths, 0).sum(axis=(0, 2))
    return np.asarray(sums / np.maximum(known.sum(axis=(0, 2)), 1))


def from_their_start(windows: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return windows moved so that each begins with its first known step, and how many steps each has.

    Args:
        windows: (N, C, L), NaN where not known, perhaps before and after the steps that a window has.

    Shapes:
        (N, C, L), NaN after the last known step; (N,).

    Example:
        >>> moved, lengths = from_their_start(np.array([[[np.nan, 1.0, np.nan, 3.0, np.nan]]]))
        >>> moved[0, 0, :3].tolist(), lengths.tolist()
        ([1.0, nan, 3.0], [3])
    """
    known: BoolArray = np.asarray(np.isfinite(windows).any(axis=1))
    first = known.argmax(axis=1)
    lengths = np.where(known.any(axis=1), windows.shape[2] - known[:, ::-1].argmax(axis=1) - first, 0)
    steps = first[:, None] + np.arange(windows.shape[2])
    moved = np.take_along_axis(windows, np.minimum(steps, windows.shape[2] - 1)[:, None], axis=2)
    return np.where((np.arange(windows.shape[2]) < lengths[:, None])[:, None], moved, np.nan), lengths
