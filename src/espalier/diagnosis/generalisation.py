"""Generalisation: how what was learnt holds for other rows, as seen after a training and by training again on fewer rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.plan import Plan
from espalier.core.records import IntArray
from espalier.core.scorecard import Comparison, Score
from espalier.diagnosis.evidence import BoolArray
from espalier.evaluation.verdict import spoken

MIN_LEARNT_Z = 3.0  # standard errors by which fewer rows must be wrong than under the most frequent class


@dataclass(frozen=True)
class Epochs:
    """One network's losses.

    Args:
        train_loss, valid_loss: (E,) of each epoch.
        kept: epoch whose weights were kept, from 1.
        is_cut_short: a limit ended the learning, not that nothing improved.
    """

    train_loss: FloatArray
    valid_loss: FloatArray
    kept: int
    is_cut_short: bool = False


@dataclass(frozen=True)
class Standing:
    """Where the network stands in the task's main metric.

    Args:
        metric: its name.
        higher_is_better: which way it is read.
        train: on the rows that were learnt from.
        valid: on the validation part.
        gap: by how much the first is better than the second, above 0 whatever the direction of the metric.
        constant: score of the best constant answer on the validation part.
        rival: the best simple model; empty without one.
        rival_valid: its score on the validation part; None when it is not known.
        comparison: network against rival as the score card published it; None without one.
    """

    metric: str
    higher_is_better: bool
    train: Score
    valid: Score
    gap: Score
    constant: float
    rival: str = ""
    rival_valid: float | None = None
    comparison: Comparison | None = None

    @property
    def name(self) -> str:
        """The metric as people say it."""
        return spoken(self.metric)

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return 1 if self.higher_is_better else -1

    @property
    def progress(self) -> float:
        """By how much the network is better than the best constant answer, on the validation part."""
        return self.sign * (self.valid.value - self.constant)


@dataclass(frozen=True)
class Answers:
    """What networks say about rows that they did not learn from.

    Args:
        rows: (N,) source rows.
        target: (N,) class index or quantity; (N, K) for labels.
        values: what is answered, of the same shape.
        columns: (N,) values of each input by its name: floats with NaN, or words with None.
        probabilities: (N, K) of each class; None for quantities.
        classes: names of the classes, by index.
        groups: (N,) code of what belongs together; None where each row stands alone.
        target_name: the column that is answered.
        row_word: "line" for a text file, else "row".
    """

    rows: IntArray
    target: FloatArray
    values: FloatArray
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    probabilities: FloatArray | None = None
    classes: tuple[str, ...] = ()
    groups: IntArray | None = None
    target_name: str = "target"
    row_word: str = "row"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @cached_property
    def errors(self) -> FloatArray:
        """(N,) 1 for a wrong class and 0 for a right one, the share of wrong labels, or the distance of a quantity."""
        if self.target.ndim > 1:
            return np.mean(self.values != self.target, axis=1)
        return np.asarray(self.values != self.target if self.classes else np.abs(self.values - self.target), dtype=np.float64)

    @cached_property
    def confidence(self) -> FloatArray:
        """(N,) what the model itself says of each row: how sure it is of its class, or the quantity that it answers."""
        if self.probabilities is None:
            return self.values if self.values.ndim == 1 else self.values.mean(axis=1)
        if self.target.ndim > 1:
            return np.maximum(self.probabilities, 1 - self.probabilities).mean(axis=1)
        return self.probabilities.max(axis=1)

    @property
    def is_one_class(self) -> bool:
        """Whether one class of several is asked for."""
        return self.probabilities is not None and self.target.ndim == 1

    @cached_property
    def beats_majority(self) -> bool:
        """Whether clearly fewer rows are wrong than if the most frequent class were answered to all."""
        if not self.is_one_class or self.probabilities is None or not len(self):
            return False
        is_wrong = self.probabilities.argmax(axis=1) != self.target
        is_wrong_constant = self.target != np.bincount(self.target.astype(np.int64)).argmax()
        gain = is_wrong_constant.astype(np.float64) - is_wrong
        error = gain.std() / np.sqrt(len(gain))
        return bool(error > 0 and gain.mean() / error > MIN_LEARNT_Z)

    @cached_property
    def halves(self) -> tuple[BoolArray, BoolArray]:
        """(N,) whether a row is in the first half, and in the second; rows that belong together are in one."""
        units = np.arange(len(self)) if self.groups is None else np.unique(self.groups, return_inverse=True)[1]
        order = np.random.default_rng(0).permutation(int(units.max(initial=-1)) + 1)
        is_first = order[units] < len(order) / 2
        return is_first, ~is_first


@dataclass(frozen=True)
class SizePoint:
    """One training on part of the training rows.

    Args:
        fraction: of the training rows that was asked for; drawn by groups, the rows differ a little between seeds.
        num_rows: that it learnt from.
        seed: of its choice of rows and of its weights.
        train_score: on those rows.
        valid_score: on the validation part.
        drawn: (R,) the same under resamples of the validation rows, equal ones for every training.
        answers: (N,) or (N, K) what it says of the validation rows: quantities, or probabilities.
    """

    fraction: float
    num_rows: int
    seed: int
    train_score: float
    valid_score: float
    drawn: FloatArray
    answers: FloatArray


@dataclass(frozen=True)
class Generalisation:
    """What was seen. What was not measured is None or empty, and signs that need it stay silent.

    Args:
        epochs: of each network.
        standing: scores on the parts.
        answers: of networks for rows that they did not learn from.
        sizes: trainings on parts of the training rows.
        truth: (N,) or (N, K) what the answers of `sizes` should be: quantities, or 1 for the right class.
        seed_scores: scores on the validation part of trainings that differ in their seed alone.
        upstream: ids of findings of the data, the wiring and the training that put the result in doubt.
        plan: of the run.
    """

    epochs: tuple[Epochs, ...] = ()
    standing: Standing | None = None
    answers: Answers | None = None
    sizes: tuple[SizePoint, ...] = ()
    truth: FloatArray | None = None
    seed_scores: tuple[float, ...] = ()
    upstream: tuple[str, ...] = ()
    plan: Plan | None = None
