"""Threshold of an anomaly score, from the scores of normal data alone: no anomaly is looked at to choose it.

The quantile says which share of normal steps will be flagged; it cannot go beyond what it has seen. The extreme-value threshold
continues the tail of the scores, so that a risk smaller than one in the number of normal steps can be asked for.

Paper: Siffer et al. 2017, Anomaly Detection in Streams with Extreme Value Theory, section 3 (POT); Grimshaw 1993, Computing
Maximum Likelihood Estimates for the Generalized Pareto Distribution (one unknown instead of two).
Differs: the one unknown is searched for on a grid and then on a finer one; shapes below -0.5, where the likelihood
misleads, are not tried.
"""

from dataclasses import dataclass

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.errors import InputError

LEVEL = 0.98  # quantile above which scores are the tail; section 4.3 of Siffer et al.
MIN_PEAKS = 20  # scores in the tail
LEAST_SHAPE = -0.5
GRID = 500  # values of shape / scale tried on either side of 0
FINER = 100  # between the neighbours of the best


@dataclass(frozen=True)
class AlarmLevel:
    """A score from which a step is flagged.

    Args:
        value: steps whose score is above it are flagged.
        reason: where it comes from, in one sentence.
    """

    value: float
    reason: str

    def flag(self, scores: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Return True for each score above the level."""
        return np.asarray(scores > self.value)


def quantile_level(normal: FloatArray, false_alarms: float = 0.01) -> AlarmLevel:
    """Return the level above which a share of the normal scores lies.

    Args:
        normal: (N,) scores of normal steps that the model was not fitted on.
        false_alarms: share of normal steps that may be flagged, above 0, below 1.

    Raises:
        InputError: so few scores that not one of them would be flagged.

    Example:
        >>> quantile_level(np.arange(1000.0), false_alarms=0.01).value
        989.01
    """
    scores = _known(normal)
    if len(scores) * false_alarms < 1:
        raise InputError(
            f"{len(scores):,} scores of normal steps for a share of {false_alarms:g}; expected at least "
            f"{round(1 / false_alarms):,}. Ask for a larger share."
        )
    value = float(np.quantile(scores, 1 - false_alarms))
    return AlarmLevel(value, f"{false_alarms:.2%} of {len(scores):,} normal steps score above {value:.4g}.")


def extreme_level(normal: FloatArray, risk: float = 1e-3, level: float = LEVEL) -> AlarmLevel:
    """Return the level that a normal score exceeds with a given risk, by the shape of the tail of normal scores.

    Args:
        normal: (N,) scores of normal steps that the model was not fitted on.
        risk: chance that a normal step is flagged, below 1 - `level`.
        level: quantile above which scores are the tail, 0 to 1.

    Raises:
        InputError: fewer than 20 scores in the tail, or a risk that needs no tail.
    """
    scores = _known(normal)
    if not 0 < risk < 1 - level:
        raise InputError(f"A risk of {risk:g} and a tail above the {level:g} quantile; expected a risk of 0 to {1 - level:g}.")
    start = float(np.quantile(scores, level)) if len(scores) else 0.0
    peaks = scores[scores > start] - start
    if len(peaks) < MIN_PEAKS:
        raise InputError(
            f"{len(peaks)} of {len(scores):,} scores of normal steps are in the tail; expected at least {MIN_PEAKS}. "
            "Give more normal steps, or take the quantile."
        )
    shape, scale = fit_tail(peaks)
    ratio = risk * len(scores) / len(peaks)
    value = start + (scale / shape * (ratio**-shape - 1) if shape != 0 else -scale * float(np.log(ratio)))
    said = f"a normal step scores above {value:.4g} with a chance of {risk:g}, by the shape of the {len(peaks)} highest of "
    return AlarmLevel(value, f"{said}{len(scores):,} normal scores (extreme-value theory).".capitalize())


def fit_tail(peaks: FloatArray) -> tuple[float, float]:
    """Return shape and scale of the generalised Pareto distribution of most likelihood; a shape of 0 is the exponential.

    With x = shape / scale, the best shape for x is mean(log(1 + x peak)), so that x alone is searched for.

    Args:
        peaks: (N,) above 0.
    """
    mean = float(peaks.mean())
    above = np.geomspace(1e-6, 1e3, GRID) / mean
    below = -np.geomspace(1e-6, 1 - 1e-9, GRID) / float(peaks.max())
    candidates = np.sort(np.concatenate([below, above]))
    best = int(_losses(candidates, peaks).argmin())
    finer = np.linspace(candidates[max(best - 1, 0)], candidates[min(best + 1, 2 * GRID - 1)], FINER)
    finer = finer[finer != 0]
    losses = _losses(finer, peaks)
    if losses.min() >= np.log(mean) + 1:
        return 0.0, mean
    found = float(finer[losses.argmin()])
    shape = float(np.log1p(found * peaks).mean())
    return shape, shape / found


def _losses(candidates: FloatArray, peaks: FloatArray) -> FloatArray:
    """Return minus the log likelihood of a peak, on average, for each shape / scale (M,); infinite for shapes not tried."""
    shapes = np.array([np.log1p(x * peaks).mean() for x in candidates])
    return np.where(shapes >= LEAST_SHAPE, np.log(shapes / candidates) + shapes + 1, np.inf)


def _known(scores: FloatArray) -> FloatArray:
    return scores[np.isfinite(scores)]
