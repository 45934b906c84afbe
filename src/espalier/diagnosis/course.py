"""Course: what was seen while a training ran: losses of every step; gradients, updates and activations of sampled ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from espalier.core.batch import FloatArray

MIN_STEPS = 50  # before that nothing is said about whether a model learns
RECENT_FRACTION = 0.1  # of the steps, at least 10: what "now" means
FEWEST_RECENT = 10
LASTING = 3  # samples running: what holds that long is no accident of one batch
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
class Course:
    """What was seen.

    Args:
        losses: (S,) of each step; empty when the loss is not watched.
        samples: in order.
        prior_loss: of the best constant answer, over the first batches together; None when it is not known.
        num_updates: steps of the optimizer; None takes as many as losses.
        planned_steps: how many steps there will be; None when nobody said.
        uncleared: steps that began to add gradients to those of an update already done.
        unreached: trainable weights of the optimizer that got no gradient in any of the first steps.
        is_evaluated_in_train_mode: every evaluation of the loss without gradients ran with dropout or batch norm in train mode.
        is_trained_in_eval_mode: the model was in eval mode, with dropout or batch norm in it, in all the first steps.
        non_finite_weights: weights that hold a value that is not finite.
    """

    losses: FloatArray
    samples: tuple[Sample, ...] = ()
    prior_loss: float | None = None
    num_updates: int | None = None
    planned_steps: int | None = None
    uncleared: int = 0
    unreached: tuple[str, ...] = ()
    is_evaluated_in_train_mode: bool = False
    is_trained_in_eval_mode: bool = False
    non_finite_weights: tuple[str, ...] = ()

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
    def does_not_learn(self) -> bool:
        """Whether the loss is no better than the best constant answer's although half of the steps are done.

        The second key of checks whose first is a statistic: alone, dead units or small updates are found in healthy runs too.
        A loss that is no longer a number is a case of its own.
        """
        known = self.prior_loss is not None and self.prior_loss > 0
        return known and self.is_late and LEARNT_FRACTION * (self.prior_loss or 0.0) < self.recent_loss < float("inf")

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
