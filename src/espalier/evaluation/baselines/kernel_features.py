"""Kernel features: how often fixed patterns, stretched to several lengths, are met in a window.

84 kernels of 9 weights (six -1, three 2) are laid over a window at several dilations; a feature is the share of the steps at
which the answer is above a bias, and biases are quantiles of the answers on training windows.

Paper: Dempster, Schmidt & Webb 2021, MiniRocket: A Very Fast (Almost) Deterministic Transform, arXiv 2012.08791, section 3; for
several channels as in the authors' code: each kernel and dilation reads a few channels drawn at random.
Differs: each channel is divided by its deviation in the training part, because the sum over channels supposes one unit. Steps
that a window does not have are left out of the share.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.evaluation.baselines.window import WindowShape, from_their_start, without_gaps

KERNEL_LENGTH = 9
KERNELS = tuple(combinations(range(KERNEL_LENGTH), 3))  # positions of the weights 2
NUM_FEATURES = 10_000  # the largest multiple of 84 below it
MAX_DILATIONS = 32
CHUNK_NUMBERS = 2**23  # of the shifted windows held at once
GOLDEN = (np.sqrt(5) + 1) / 2


@dataclass(frozen=True)
class Dilation:
    """One dilation of all kernels.

    Args:
        step: between two weights of a kernel.
        channels: for each of the 84 kernels the channels that it reads.
        biases: (84, B).
    """

    step: int
    channels: tuple[IntArray, ...]
    biases: FloatArray


@dataclass(frozen=True)
class KernelFeatures:
    """Features fitted to training windows.

    Args:
        shape: of the windows.
        center: (C,) taken off each channel.
        scale: (C,) each channel is divided by.
        dilations: the dilations with their biases.
    """

    shape: WindowShape
    center: FloatArray
    scale: FloatArray
    dilations: tuple[Dilation, ...]

    @classmethod
    def fit(cls, matrix: FloatArray, shape: WindowShape, seed: int) -> "KernelFeatures":
        """Return the features whose biases come from windows (N, C * L)."""
        stream = np.random.default_rng(seed)
        windows = shape.windows(matrix)
        known = np.isfinite(windows)
        count = np.maximum(known.sum(axis=(0, 2)), 1)
        center = np.where(known, windows, 0).sum(axis=(0, 2), dtype=np.float64) / count
        spread = np.sqrt((np.where(known, windows - center[:, None], 0) ** 2).sum(axis=(0, 2)) / count)
        plain = cls(shape, center, np.where(spread > 0, spread, 1.0), ())
        lengths = plain._ready(matrix)[1]
        found = tuple(
            plain._fit_dilation(int(step), int(num), matrix, stream)
            for step, num in zip(*dilations_of(max(int(lengths.max()), 1)), strict=True)
        )
        return cls(shape, center, plain.scale, found)

    def apply(self, matrix: FloatArray) -> FloatArray:
        """Return (N, F) float32 shares, 0 to 1, from windows (N, C * L)."""
        size = max(1, CHUNK_NUMBERS // (self.shape.width * KERNEL_LENGTH))
        return np.concatenate([self._chunk(matrix[start : start + size]) for start in range(0, len(matrix), size)])

    def _ready(self, matrix: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return windows (N, C, L) from their start, scaled, 0 after their end, and their lengths (N,)."""
        windows, lengths = from_their_start(self.shape.windows(matrix))
        filled = without_gaps(windows, self.center)
        scaled = (filled - self.center[:, None]) / self.scale[:, None]
        inside = np.arange(self.shape.length) < lengths[:, None]
        return np.where(inside[:, None], scaled, 0).astype(np.float32), lengths

    def _fit_dilation(self, step: int, num: int, matrix: FloatArray, stream: np.random.Generator) -> Dilation:
        """Return a dilation whose biases are quantiles of the answers on one window drawn for each kernel."""
        most = np.log2(min(self.shape.channels, KERNEL_LENGTH) + 1)
        counts = (2 ** stream.uniform(0, most, len(KERNELS))).astype(int)
        channels = tuple(stream.choice(self.shape.channels, count, replace=False) for count in counts)
        drawn = stream.integers(0, len(matrix), len(KERNELS))
        quantiles = np.arange(1, num + 1) * GOLDEN % 1
        windows, lengths = self._ready(matrix[drawn])
        taps, total = _shifted(windows, step)
        biases = np.empty((len(KERNELS), num))
        for index, (kernel, own) in enumerate(zip(KERNELS, channels, strict=True)):
            answer = _answers(taps[:, index : index + 1, own], total[index : index + 1, own], kernel)[0]
            biases[index] = np.quantile(answer[: max(lengths[index], 1)], quantiles)
        return Dilation(step, channels, biases)

    def _chunk(self, matrix: FloatArray) -> FloatArray:
        windows, lengths = self._ready(matrix)
        shares = []
        for place, dilation in enumerate(self.dilations):
            taps, total = _shifted(windows, dilation.step)
            masks = [_counted(lengths, windows.shape[2], edge) for edge in (0, dilation.step * (KERNEL_LENGTH // 2))]
            for index, kernel in enumerate(KERNELS):
                own = dilation.channels[index]
                answer = _answers(taps[:, :, own], total[:, own], kernel)
                mask = masks[(place + index) % 2]  # every other kernel counts whole overlaps only
                answer = np.where(mask, answer, -np.inf)
                above = np.stack([(answer > bias).sum(axis=1) for bias in dilation.biases[index]], axis=1)
                shares.append(above / np.maximum(mask.sum(axis=1), 1)[:, None])
        return np.concatenate(shares, axis=1).astype(np.float32)


def dilations_of(length: int) -> tuple[IntArray, IntArray]:
    """Return the dilations for windows of a length, and the number of biases of each kernel at each (section 3.2).

    Example:
        >>> steps, counts = dilations_of(100)
        >>> steps.tolist(), int(counts.sum())
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 119)
    """
    each = NUM_FEATURES // len(KERNELS)
    num = min(each, MAX_DILATIONS)
    longest = max(np.log2(max(length - 1, 1) / (KERNEL_LENGTH - 1)), 0)
    steps, counts = np.unique(np.logspace(0, longest, num, base=2).astype(int), return_counts=True)
    shared = (counts * (each / num)).astype(int)
    shared += np.arange(len(steps)) < each - shared.sum()
    return steps, shared


def _shifted(windows: FloatArray, step: int) -> tuple[FloatArray, FloatArray]:
    """Return windows shifted to each of the nine positions (9, N, C, L), 0 beyond their ends, and their sum (N, C, L)."""
    reach = step * (KERNEL_LENGTH // 2)
    padded = np.pad(windows, ((0, 0), (0, 0), (reach, reach)))
    length = windows.shape[2]
    taps = np.stack([padded[:, :, place * step : place * step + length] for place in range(KERNEL_LENGTH)])
    return taps, taps.sum(axis=0)


def _answers(taps: FloatArray, total: FloatArray, kernel: tuple[int, ...]) -> FloatArray:
    """Return the kernel laid over each step, summed over channels: (9, N, C, L) and (N, C, L) to (N, L)."""
    return np.asarray((3 * (taps[kernel[0]] + taps[kernel[1]] + taps[kernel[2]]) - total).sum(axis=1))


def _counted(lengths: IntArray, length: int, edge: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return which steps count (N, L): those a window has, less its edges where it is longer than both together."""
    steps = np.arange(length)
    cut = np.where(lengths > 2 * edge, edge, 0)[:, None]
    return np.asarray((steps >= cut) & (steps < lengths[:, None] - cut))
