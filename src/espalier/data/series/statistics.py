"""Statistics of windows: a row of numbers for each channel, which simple models read in place of the window."""

import warnings

import numpy as np

STATISTICS = (
    "mean",
    "deviation",
    "least",
    "first quartile",
    "median",
    "third quartile",
    "greatest",
    "slope",
    "mean crossings",
    "change a step",
    "likeness to the step before",
    "strongest frequency",
)
TINY = 1e-12


def window_statistics(windows: np.ndarray) -> np.ndarray:
    """Return the statistics of windows (N, C, T), NaN behind their end and in gaps: (N, C x 12) float32.

    Slope is the change from the window's start to its end by least squares, in the channel's unit. Mean crossings are the share
    of steps at which the mean is crossed. The likeness to the step before is the autocorrelation at lag 1, -1 to 1. The
    strongest frequency is that of the greatest term of the Fourier series, in cycles a step, 0 to 0.5, of the window filled up
    with its mean.

    Example:
        >>> ramp = window_statistics(np.arange(5.0).reshape(1, 1, 5))
        >>> dict(zip(STATISTICS, ramp[0].tolist()))["slope"]
        4.0
    """
    values = windows.astype(np.float64)
    num, channels, steps = values.shape
    if not num:
        return np.empty((0, channels * len(STATISTICS)), dtype=np.float32)
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=2), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of windows without a value, which become 0
        quantiles = np.nanquantile(values, (0, 0.25, 0.5, 0.75, 1), axis=2)
    mean = np.where(known, values, 0).sum(axis=2) / count
    centred = np.where(known, values - mean[:, :, None], 0)
    power = (centred**2).sum(axis=2)
    time = np.where(known, np.arange(steps), 0.0)
    span = np.maximum((known * np.arange(steps)).max(axis=2), 1)
    time = np.where(known, np.arange(steps) - (time.sum(axis=2) / count)[:, :, None], 0)
    slope = (time * centred).sum(axis=2) / np.maximum((time**2).sum(axis=2), TINY) * span
    pairs = known[:, :, 1:] & known[:, :, :-1]
    num_pairs = np.maximum(pairs.sum(axis=2), 1)
    crossings = (pairs & ((centred[:, :, 1:] > 0) != (centred[:, :, :-1] > 0))).sum(axis=2) / num_pairs
    change = np.where(pairs, np.abs(np.diff(centred, axis=2)), 0).sum(axis=2) / num_pairs
    likeness = np.where(pairs, centred[:, :, 1:] * centred[:, :, :-1], 0).sum(axis=2) / np.maximum(power, TINY)
    spectrum = np.abs(np.fft.rfft(centred, axis=2))
    frequency = np.fft.rfftfreq(steps)[spectrum.argmax(axis=2)]
    parts = [mean, np.sqrt(power / count), *quantiles, slope, crossings, change, likeness, frequency]
    return np.nan_to_num(np.stack(parts, axis=2)).reshape(num, -1).astype(np.float32)
