"""Window statistics: what each channel of a window is like in a few numbers, for models that read tables."""

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray

NAMES = (
    "mean",
    "standard deviation",
    "least",
    "lower quartile",
    "median",
    "upper quartile",
    "greatest",
    "slope",
    "energy",
    "crossings",
    "autocorrelation",
    "dominant frequency",
)
MIN_STEPS = 2  # known steps of a channel; with fewer, statistics of change are 0


def window_statistics(windows: FloatArray, lengths: IntArray | None) -> tuple[FloatArray, tuple[str, ...]]:
    """Return statistics of each channel of each window.

    They are: mean, standard deviation, least, greatest, quartiles and median; slope (change over one step of the straight line
    of least squares); energy (mean square); crossings (share of the steps at which the mean is crossed); autocorrelation at
    lag 1; and the dominant frequency (in cycles a step, of the highest peak of the spectrum without the mean). Of a channel
    without any known step all are 0; of a constant one the last three are.

    Args:
        windows: (N, C, L), NaN where missing; what is missing is left out, and the steps around it stand side by side.
        lengths: (N,) steps of each window, from its start; None for all.

    Returns:
        Statistics (N, C * 12), channel after channel, and their names, such as "channel 0 mean".

    Example:
        >>> values, names = window_statistics(np.array([[[0.0, 1.0, 0.0, 1.0]]]), None)
        >>> dict(zip(names, values[0].round(2).tolist()))["channel 0 dominant frequency"]
        0.5
    """
    num_rows, num_channels, length = windows.shape
    ends = np.full(num_rows, length) if lengths is None else np.asarray(lengths)
    known = np.isfinite(windows) & (np.arange(length) < ends[:, None])[:, None]
    flat, kept = windows.reshape(-1, length).astype(np.float64), known.reshape(-1, length)
    statistics = np.zeros((len(flat), len(NAMES)))
    counts = kept.sum(axis=1)
    for count in np.unique(counts[counts > 0]):  # windows of one length together
        rows = np.flatnonzero(counts == count)
        statistics[rows] = _of_equal_length(flat[rows][kept[rows]].reshape(len(rows), count))
    names = tuple(f"channel {channel} {name}" for channel in range(num_channels) for name in NAMES)
    return statistics.reshape(num_rows, -1), names


def _of_equal_length(series: FloatArray) -> FloatArray:
    """Return statistics (M, 12) of series (M, T) without gaps."""
    mean = series.mean(axis=1)
    centred = series - mean[:, None]
    order = np.quantile(series, [0, 0.25, 0.5, 0.75, 1], axis=1)
    square = (centred**2).sum(axis=1)
    columns = [mean, np.sqrt(square / series.shape[1]), *order, _slope(centred), (series**2).mean(axis=1)]
    return np.column_stack([*columns, _crossings(centred), _autocorrelation(centred, square), _frequency(centred)])


def _slope(centred: FloatArray) -> FloatArray:
    steps = np.arange(centred.shape[1]) - (centred.shape[1] - 1) / 2
    return np.asarray(centred @ steps / max(float(steps @ steps), 1.0))


def _crossings(centred: FloatArray) -> FloatArray:
    if centred.shape[1] < MIN_STEPS:
        return np.zeros(len(centred))
    above = centred > 0
    return np.asarray((above[:, 1:] != above[:, :-1]).mean(axis=1))


def _autocorrelation(centred: FloatArray, square: FloatArray) -> FloatArray:
    together = (centred[:, 1:] * centred[:, :-1]).sum(axis=1)
    return np.divide(together, square, out=np.zeros(len(centred)), where=square > 0)


def _frequency(centred: FloatArray) -> FloatArray:
    if centred.shape[1] < MIN_STEPS:
        return np.zeros(len(centred))
    power = np.abs(np.fft.rfft(centred, axis=1))[:, 1:]
    peak = power.argmax(axis=1)
    return np.where(power.max(axis=1) > 0, (peak + 1) / centred.shape[1], 0.0)
