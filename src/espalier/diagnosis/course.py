"""Course: what was seen while a training ran: losses of every step; gradients, updates and activations of sampled ones."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from espalier.core.batch import FloatArray
from espalier.diagnosis.calibration import is_unusual

MIN_STEPS = 50  # before that nothing is said about whether a model learns
RECENT_FRACTION = 0.1  # of the steps, at least 10: what "now" means
FEWEST_RECENT = 10
LASTING = 3  # samples running: what holds that long is no accident of one batch
LITTLE = 0.2  # of the best constant answer's loss: what is far below it counts alike
SOMETHING_LEFT = 0.2  # of the best constant answer's loss: below it trials are judged by the errors alone
RESTING = 1e-3  # of the highest learning rate: a step below it hardly changes the model
MIN_Z = 3.0  # standard errors by which a simple model, or the model after a trial, must be better
MIN_SPARED = 0.03  # of the answers, or of the targets' variance,
HALVED = 0.5  # and of the errors: a training that has not quite ended spares a third of few errors
BEHIND_SIMPLE, COULD_LEARN_MORE = "T15-behind-simple-model", "T16-could-learn-more"
LEARNT_FRACTION = 0.97  # a loss above this share of the best constant answer's is not learning (research: found 65 % of faults)


@dataclass(frozen=True)
class Sample:
    """One sampled step.

    Args:
        step: from 1.
        learning_rate: of the first parameter group.
        highest_rate: highest learning rate since the sample before.
        gradients: norm of each trained weight's gradient, as the optimizer got it. Trained: it requires a gradient, and the
            optimizer holds it.
        sizes: norm of each trained weight before the step.
        updates: norm of each trained weight's change in the step.
        dead: share of the units of each activation layer that are zero for every row of the batch.
        saturated: share of the outputs of each sigmoid or tanh that lie within 0.5 % of their ends.
        matrices: names of the trained weights that have two dimensions or more, in the model's order.
        weight_decay: the largest of the parameter groups.
    """

    step: int
    learning_rate: float
    highest_rate: float
    gradients: dict[str, float]
    sizes: dict[str, float]
    updates: dict[str, float]
    dead: dict[str, float]
    saturated: dict[str, float]
    matrices: tuple[str, ...] = ()
    weight_decay: float = 0.0

    @property
    def ratio(self) -> float:
        """Median over the matrices of the size of an update by the size of its weight; NaN without one that is not all zero.

        Biases and gains are left out: they begin at zero or one, so their updates are large or small whatever the rate is.
        """
        ratios = [self.updates[name] / self.sizes[name] for name in self.matrices if self.sizes[name] > 0]
        return float(np.median(ratios)) if ratios else float("nan")


@dataclass(frozen=True)
class Answers:
    """What was asked when the training was over, on rows that it has seen; losses are means over rows, in eval mode.

    Args:
        own: loss of the model.
        constant: of the best constant answer.
        simple: of the better of two simple models that have not seen the rows they answer; None where none can be fitted.
        z: standard errors between the model's loss and the simple one's.
        before: loss of the model on the half of the rows that trials are judged by.
        after: loss of the same rows after a few more steps, by what was changed in them.
        errors: share of wrong answers to these rows before, or of the variance of their targets that is left.
        spared: by how much each change lowers that share; 0 where it may be chance, empty where the loss does not tell it.
    """

    own: float
    constant: float
    simple: float | None = None
    z: float = 0.0
    before: float = 0.0
    after: Mapping[str, float] = field(default_factory=dict)
    errors: float = 0.0
    spared: Mapping[str, float] = field(default_factory=dict)

    def excess(self, loss: float, other: float) -> float:
        """Return how much larger one loss is than another, as a logarithm; losses next to nothing count alike.

        It is 0 where a loss is below zero by more than that: such losses have no ratio.
        """
        floor = LITTLE * self.constant
        has_ratio = math.isfinite(loss + other) and min(loss, other) > -floor
        return math.log((loss + floor) / (other + floor)) if has_ratio else 0.0

    @property
    def behind(self) -> float:
        """How far the model is behind the simple one: the logarithm of their losses' ratio; 0 without a simple model."""
        return 0.0 if self.simple is None else self.excess(self.own, self.simple)

    def gain(self, change: str) -> float:
        """Return the logarithm by which a change lowers the loss within a few steps; 0 where it was not tried."""
        return self.excess(self.before, self.after[change]) if change in self.after else 0.0


@dataclass(frozen=True)
class Evaluation:
    """Errors of one evaluation: shares of wrong answers, or of quantities mean squared errors.

    Args:
        step: updates before it.
        num_rows: that it looked at.
        loss: of the model.
        own: of the model.
        constant: of the best constant answer to these rows.
        z: standard errors between the two, above 0 where the model errs less.
    """

    step: int
    num_rows: int
    loss: float
    own: float
    constant: float
    z: float


@dataclass(frozen=True)
class Course:
    """What was seen.

    Args:
        losses: (S,) of each step; empty when the loss is not watched.
        samples: in order.
        prior_loss: of the best constant answer, over the first batches together; None when it is not known.
        num_updates: steps of the optimizer; None takes as many as losses.
        planned_steps: how many steps there will be; None when nobody said.
        sum_of_rates: learning rates of all updates, added.
        rests_from: the first of the newest steps whose rates were all next to nothing; None where it is not known.
        left: steps that added gradients to those of a backward pass in eval mode.
        unused: of the first steps: whether gradients of other rows had been cleared without an update.
        uncleared: steps that began to add gradients to those of an update already done.
        unreached: trainable weights of the optimizer that got no gradient in any of the first steps.
        is_evaluated_in_train_mode: every evaluation of the loss without gradients ran with dropout or batch norm in train mode.
        is_trained_in_eval_mode: the model was in eval mode, with dropout or batch norm in it, in all the first steps.
        is_left_in_eval_mode: the model was in train mode at first, and in eval mode in every step after the first evaluation.
        class_surplus: by what factor the first batches differ in their classes more than shuffled rows, and how likely that is.
        evaluation: the newest; None without one.
        non_finite_weights: weights that hold a value that is not finite.
        answers: what was asked when the training was over; None before that, and where the model cannot be asked.
    """

    losses: FloatArray
    samples: tuple[Sample, ...] = ()
    prior_loss: float | None = None
    num_updates: int | None = None
    planned_steps: int | None = None
    sum_of_rates: float = 0.0
    rests_from: int | None = None
    left: int = 0
    unused: tuple[bool, ...] = ()
    uncleared: int = 0
    unreached: tuple[str, ...] = ()
    is_evaluated_in_train_mode: bool = False
    is_trained_in_eval_mode: bool = False
    is_left_in_eval_mode: bool = False
    class_surplus: tuple[float, float] = (1.0, 1.0)
    evaluation: Evaluation | None = None
    non_finite_weights: tuple[str, ...] = ()
    answers: Answers | None = None

    @property
    def num_steps(self) -> int:
        """S."""
        return len(self.losses)

    @property
    def recent_loss(self) -> float:
        """Median loss of the newest steps; NaN without losses."""
        count = max(FEWEST_RECENT, round(self.num_steps * RECENT_FRACTION))
        return float(np.median(self.losses[-count:])) if self.num_steps else float("nan")

    @property
    def early_loss(self) -> float:
        """Median loss of the first ten steps; NaN without losses."""
        return float(np.median(self.losses[:FEWEST_RECENT])) if self.num_steps else float("nan")

    @property
    def is_late(self) -> bool:
        """Whether half of the planned steps are done; of unplanned ones, 200."""
        done = self.num_steps if self.num_updates is None else self.num_updates
        return done >= max(MIN_STEPS, self.planned_steps / 2 if self.planned_steps else 4 * MIN_STEPS)

    @property
    def rate_share(self) -> float | None:
        """Mean learning rate of the planned steps, by the highest, if the rate stays as it is; None where it is not known."""
        highest = max((one.highest_rate for one in self.samples), default=0.0)
        if not self.planned_steps or not self.num_updates or highest <= 0:
            return None
        left = max(self.planned_steps - self.num_updates, 0) * self.samples[-1].learning_rate
        return (self.sum_of_rates + left) / (highest * max(self.planned_steps, self.num_updates))

    @property
    def falls_short(self) -> bool:
        """Whether the model does not learn, or has learnt far less than a simple model, or than a few more steps teach it.

        The second key of checks whose first is a statistic: alone, dead units or small updates are found in healthy runs too.
        """
        return self.does_not_learn or is_unusual(BEHIND_SIMPLE, self.behind_simple) or bool(self.best_change)

    @property
    def best_change(self) -> str:
        """Name of the trial that lowers the loss most, where it does so unusually, or halves errors; empty where none does."""
        if self.answers is None:
            return ""
        best = max(self.answers.after, key=self.answers.gain, default="")
        fewest = max(MIN_SPARED, HALVED * self.answers.errors)
        is_better = is_unusual(COULD_LEARN_MORE, self.could_learn_more) or self.answers.spared.get(best, 0.0) >= fewest
        return best if is_better else ""

    @property
    def behind_simple(self) -> float | None:
        """How far the model is behind a simple one, as a logarithm; None where that is not known or may be chance."""
        known = self.answers is not None and self.answers.simple is not None
        return None if self.answers is None or not known or self.answers.z < MIN_Z else self.answers.behind

    @property
    def could_learn_more(self) -> float | None:
        """How much the best of the trials lowers the loss, as a logarithm; 0 without trials, None where nothing was asked.

        It is 0, too, where most of the loss is gone already: healthy runs that are nearly done differ much in what is left.
        """
        if self.answers is None:
            return None
        if self.answers.own <= SOMETHING_LEFT * self.answers.constant:
            return 0.0
        return max((self.answers.gain(change) for change in self.answers.after), default=0.0)

    @property
    def does_not_learn(self) -> bool:
        """Whether the loss is no better than the best constant answer's although half of the steps are done.

        A loss that is no longer a number is a case of its own. When the training is over both answer the same rows, so that a
        faint signal, which the luck of the newest batches hides, counts as learnt.
        """
        known = self.prior_loss is not None and self.prior_loss > 0
        is_learnt = self.answers is not None and self.answers.own < LEARNT_FRACTION * self.answers.constant
        is_stuck = LEARNT_FRACTION * (self.prior_loss or 0.0) < self.recent_loss < float("inf")
        return known and self.is_late and is_stuck and not is_learnt

    def lasting(self, read: Callable[[Sample], Mapping[str, float]]) -> dict[str, float]:
        """Return the smallest value of each name in the newest three samples; empty with fewer samples.

        Args:
            read: returns values by name, for example the dead units of a sample.
        """
        if len(self.samples) < LASTING:
            return {}
        first, *others = (read(sample) for sample in self.samples[-LASTING:])
        shared = [name for name in first if all(name in one for one in others)]
        return {name: min(first[name], *(one[name] for one in others)) for name in shared}
