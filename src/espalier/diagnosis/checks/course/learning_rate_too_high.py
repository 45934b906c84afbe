"""Learning rate too high: updates are large beside the weights or the loss leaps up, and the model does not learn.

Two keys. Source of the thresholds: Espalier's fault catalogue B1 (median update ratio above .1, healthy .0009 to .012; losses
above 20 times their usual size). Large updates alone are no sign: small weights that grow in the first steps take them too.
A leap to twice the first loss is ours: it is what shows when the units died of the first steps and updates are small again.
"""

from dataclasses import replace

import numpy as np

from espalier.core.finding import Finding, Severity
from espalier.diagnosis.checks.course import diverged
from espalier.diagnosis.course import FEWEST_RECENT, LASTING, MIN_STEPS, Course

ID = "T06-learning-rate-too-high"
EXPLAINED_BY = (
    "W02-non-finite",
    "W21-input-scale",
    "W17-summed-loss",
    "W11-first-loss-far-off",
    "T02-gradients-not-cleared",
    "W25-large-first-weights",
    "W26-first-step-too-large",
)
MAX_RATIO = 0.1  # of an update to its weight
MAX_LEAP = 2.0  # median of ten losses running by the first loss, or by the best constant answer's
MAX_SPIKE = 20.0  # newest losses by the median of all
LOST = 0.5  # of the loss of the first steps: what makes a spike matter


def check(course: Course) -> Finding | None:
    """Fire when updates are large or the loss leaps, and nothing is learnt or what was learnt is lost. Needs: losses."""
    usual, ratio, leap = _usual(course), _persistent_ratio(course), _highest(course)
    if ratio > MAX_RATIO and (course.falls_short or diverged.check(course) is not None):
        seen = f"Each step changes the weights by {ratio:.0%} of their size (usual is 0.1% to 1%), and the model does not learn"
    elif course.falls_short and leap > MAX_LEAP * max(course.losses[0], course.prior_loss or 0.0):
        seen = f"The loss leapt from {course.losses[0]:.3g} to {leap:.3g}, and the model does not learn"
    elif usual > 0 and max(MAX_SPIKE * usual, LOST * course.early_loss) < course.recent_loss < float("inf"):
        seen = f"The loss jumped from {usual:.3g} to {course.recent_loss:.3g} and has not come back"
    else:
        return None
    rate = max((one.highest_rate for one in course.samples), default=None)
    return Finding(
        id=ID,
        sentence=f"{seen}: the learning rate{'' if rate is None else f', {rate:.3g},'} is too high.",
        severity=Severity.WARN,
        evidence={"ratio": ratio, "highest": leap, "usual": usual, "learning_rate": rate, "steps": course.num_steps},
        advice="Lower the learning rate to a third or a tenth, warm it up, or clip gradients.",
    )


def _usual(course: Course) -> float:
    """Return the median of all losses that are finite; 0 with few of them."""
    finite = course.losses[np.isfinite(course.losses)]
    return float(np.median(finite)) if len(finite) >= MIN_STEPS else 0.0


def _persistent_ratio(course: Course) -> float:
    """Return the highest ratio that held for three samples running; where the loss broke down before, for all until then.

    A weight counts with its first size when it has shrunk since: where there is nothing to learn weights go to zero.
    """
    broken = np.flatnonzero(~np.isfinite(course.losses))
    samples = [one for one in course.samples if not len(broken) or one.step <= broken[0]]
    first = samples[0].sizes if samples else {}
    floored = [replace(one, sizes={n: max(size, first.get(n, 0.0)) for n, size in one.sizes.items()}) for one in samples]
    ratios = [one.ratio for one in floored if np.isfinite(one.ratio)]
    if len(broken) and 0 < len(ratios) < LASTING:
        return min(ratios)
    return max((min(ratios[i : i + LASTING]) for i in range(len(ratios) - LASTING + 1)), default=0.0)


def _highest(course: Course) -> float:
    """Return the highest median of ten losses running; 0 without as many that are finite."""
    whole = course.losses[: course.num_steps - course.num_steps % FEWEST_RECENT].reshape(-1, FEWEST_RECENT)
    medians = np.median(whole, axis=1)
    return float(np.max(medians[np.isfinite(medians)], initial=0.0))
