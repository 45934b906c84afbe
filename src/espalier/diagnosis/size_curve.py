"""The curve of the score over the number of training rows: its points with intervals, its slope, and what follows from it.

Trainings on more rows are judged on the same validation rows, so a difference between two sizes is far surer than either
score. Two sources of chance are added: which rows are in the validation part (the same resamples for every training), and
the seeds. With few seeds the second is known badly, so the interval is Student's t with the degrees of freedom of
Satterthwaite 1946 (Biometrics Bulletin 2, An Approximate Distribution of Estimates of Variance Components).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.stats import t as student

from espalier.core.batch import FloatArray
from espalier.core.scorecard import Score
from espalier.diagnosis.generalisation import Generalisation, SizePoint, Standing
from espalier.diagnosis.texts.saying import Said
from espalier.diagnosis.wording import percent

LAST_FRACTION = 0.4  # of the rows: the slope is that of the sizes from here on, a little more than the last doubling
LEAST_SHARE = 0.01  # of what the network gains over a constant answer: a doubling that brings less changes nothing
MOST_SHARE = 0.05  # a doubling that surely brings less than this is not worth collecting rows for
CONFIDENCE = 0.95
MIN_SEEDS = 2  # fewer say nothing of what chance does

Kind: TypeAlias = Literal["data", "model", "neither", "unknown", "nothing learnt", "nothing to gain"]


@dataclass(frozen=True)
class CurvePoint:
    """One size.

    Args:
        num_rows: that were learnt from; the mean over the seeds.
        num_trainings: of this size, each with a seed of its own.
        train: mean score on those rows.
        valid: mean score on the validation part, with its interval.
    """

    num_rows: int
    num_trainings: int
    train: float
    valid: Score


@dataclass(frozen=True)
class SeedsApart:
    """Bias and variance over the seeds.

    Args:
        num_trainings: on all rows, each with a seed of its own.
        bias_and_noise: mean squared error that all share.
        variance: what differs between them.
    """

    num_trainings: int
    bias_and_noise: float
    variance: float

    @property
    def said(self) -> tuple[Said, ...]:
        """Return it in words."""
        share = self.variance / (self.bias_and_noise + self.variance)
        numbers = {"variance": percent(share), "trainings": self.num_trainings, "rest": percent(1 - share)}
        return (Said("curve_seeds", numbers),)


@dataclass(frozen=True)
class Verdict:
    """More data or a bigger model?

    Args:
        kind: the answer in a word.
        said: in words, with its numbers.
    """

    kind: Kind
    said: tuple[Said, ...]


def curve(points: Sequence[SizePoint]) -> tuple[CurvePoint, ...]:
    """Return the mean over the seeds at each size, few rows first."""
    made = []
    for fraction in sorted({one.fraction for one in points}):
        same = [one for one in points if one.fraction == fraction]
        values = np.array([one.valid_score for one in same])
        valid = _with_interval(values, np.array([one.drawn for one in same]))
        rows = round(np.mean([one.num_rows for one in same]))
        made.append(CurvePoint(rows, len(same), float(np.mean([one.train_score for one in same])), valid))
    return tuple(made)


def slope(points: Sequence[SizePoint], standing: Standing) -> Score | None:
    """Return what the last doubling of the rows brought, above 0 where it was better; None with too few trainings to tell.

    It is the slope of a line through score and log2 of the rows, from 40 % of the rows on, for each seed; what the next
    doubling brings is at most about as much, for curves flatten.
    """
    slopes, drawn = [], []
    for seed in sorted({one.seed for one in points}):
        last = [one for one in points if one.seed == seed and one.fraction >= LAST_FRACTION]
        if len({one.num_rows for one in last}) < MIN_SEEDS:
            continue
        logs = np.log2([one.num_rows for one in last])
        weights = standing.sign * (logs - logs.mean()) / float(((logs - logs.mean()) ** 2).sum())
        slopes.append(float(weights @ np.array([one.valid_score for one in last])))
        drawn.append(weights @ np.array([one.drawn for one in last]))
    return _with_interval(np.array(slopes), np.array(drawn)) if len(slopes) >= MIN_SEEDS else None


def full_size(points: Sequence[SizePoint]) -> tuple[SizePoint, ...]:
    """Return the trainings on all rows."""
    return tuple(one for one in points if one.fraction == 1)


def bias_and_variance(points: Sequence[SizePoint], truth: FloatArray) -> tuple[float, float] | None:
    """Return the two parts of the mean squared error of one training: what all seeds share, and what differs between them.

    Paper: Geman, Bienenstock & Doursat 1992, Neural Computation 4 (1), section 3. The first part holds the noise of the
    target too. For classes it is the squared error of the probabilities. Both are corrected for the number of seeds.

    Args:
        points: trainings of one size.
        truth: (N,) or (N, K) what their answers should be.

    Returns:
        None with fewer than two seeds.
    """
    if len(points) < MIN_SEEDS:
        return None
    answers = np.array([one.answers for one in points]).reshape(len(points), len(truth), -1)
    variance = float(answers.var(axis=0, ddof=1).sum(axis=1).mean())
    around_mean = float(((answers.mean(axis=0) - truth.reshape(len(truth), -1)) ** 2).sum(axis=1).mean())
    return around_mean - variance / len(points), variance


def seeds_apart(evidence: Generalisation) -> SeedsApart | None:
    """Return what differs between trainings on all rows; None with fewer than two of them."""
    full = full_size(evidence.sizes)
    parts = None if evidence.truth is None else bias_and_variance(full, evidence.truth)
    if parts is None or sum(parts) <= 0:
        return None
    return SeedsApart(len(full), *parts)


def verdict(evidence: Generalisation) -> Verdict | None:
    """Return whether more rows or a bigger model would help, read from the curve; None where there is none."""
    standing = evidence.standing
    points = curve(evidence.sizes)
    if standing is None or not points:
        return None
    last = points[-1]
    progress = standing.sign * (last.valid.value - standing.constant)
    surely = (last.valid.low if standing.higher_is_better else last.valid.high) - standing.constant
    if standing.sign * surely <= 0:
        numbers = {"rows": f"{last.num_rows:,}", "constant": f"{standing.constant:.4g}"}
        return Verdict("nothing learnt", (_told("curve_nothing_learnt", standing, last, numbers),))
    if is_near_perfect(standing, last.valid.value):
        return Verdict("nothing to gain", (_told("curve_nothing_to_gain", standing, last, {}),))
    steep = slope(evidence.sizes, standing)
    gap = standing.sign * (last.train - last.valid.value)
    near = gap <= max(MOST_SHARE * progress, (last.valid.high - last.valid.low) / 2)
    return _verdict(standing, last, steep, progress, near)


def _verdict(standing: Standing, last: CurvePoint, steep: Score | None, progress: float, near: bool) -> Verdict:
    if steep is None:
        return Verdict("unknown", (Said("curve_few_seeds", {"seeds": MIN_SEEDS}),))
    brought = {"gain": f"{steep.value:.3g}", "low": f"{steep.low:.3g}", "high": f"{steep.high:.3g}"}
    if helps(steep, progress):
        also = (_told("curve_model_too", standing, last, {}),) if near else ()
        return Verdict("data", (_told("curve_data", standing, last, brought), *also))
    if helps_no_more(steep, progress):
        if near:
            return Verdict("model", (_told("curve_model", standing, last, brought),))
        return Verdict("neither", (_told("curve_neither", standing, last, brought),))
    return Verdict("unknown", (_told("curve_unknown", standing, last, brought),))


def _told(name: str, standing: Standing, last: CurvePoint, more: Mapping[str, str]) -> Said:
    """Return a sentence with the scores at the most rows and what else it needs."""
    scores = {"metric": standing.name, "train": f"{last.train:.4g}", "valid": f"{last.valid.value:.4g}"}
    return Said(name, {**scores, **more})


def helps(steep: Score, progress: float) -> bool:
    """Return whether the last doubling surely brought something that is not next to nothing."""
    return steep.low > 0 and steep.value >= LEAST_SHARE * progress


def helps_no_more(steep: Score, progress: float) -> bool:
    """Return whether the last doubling surely brought less than is worth it."""
    return steep.high < MOST_SHARE * progress


def is_near_perfect(standing: Standing, valid: float) -> bool:
    """Return whether what is left to gain is next to nothing beside what is gained over a constant answer."""
    perfect = 1.0 if standing.higher_is_better else 0.0  # of every main metric of the tasks
    return standing.sign * (perfect - valid) < MOST_SHARE * standing.sign * (valid - standing.constant)


def between(steep: Score) -> str:
    """Return a gain with its interval as part of a sentence."""
    return f"{steep.value:.3g} ({steep.low:.3g} to {steep.high:.3g})"


def _with_interval(values: FloatArray, drawn: FloatArray) -> Score:
    """Return the mean of (S,) values of several seeds with its interval; `drawn` is (S, R), under resampled rows."""
    of_rows = float(np.nanvar(drawn.mean(axis=0), ddof=1))
    of_seeds = float(values.var(ddof=1) / len(values)) if len(values) > 1 else 0.0
    total = of_rows + of_seeds
    freedom = (len(values) - 1) * (total / of_seeds) ** 2 if of_seeds > 0 else np.inf
    reach = float(student.ppf((1 + CONFIDENCE) / 2, freedom)) * np.sqrt(total)
    mean = float(values.mean())
    return Score(mean, mean - reach, mean + reach)
