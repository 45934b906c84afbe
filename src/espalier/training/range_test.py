"""Learning-rate range test: raise the rate from step to step and see where the loss stops falling."""

import copy
import math
import time
from dataclasses import dataclass

import torch
from torch import nn

from espalier.core.batch import Batches
from espalier.core.plan import LearningPlan
from espalier.training.adapt.adaptation import Adaptation
from espalier.training.loop import Learnable, Way, learn
from espalier.training.optimizers import make_optimizer

NUM_STEPS = 100
LOWEST_RATE = 1e-5
HIGHEST_RATE = 1.0
SMOOTHING = 0.9  # of the loss, with bias correction
BREAK_FACTOR = 2.0  # the test ends when the smoothed loss is this many times its lowest value
FIRST_STEPS = 20  # whose smoothed loss is mostly luck: the test does not end there, and the lowest loss is not looked for there
USUAL_RATE = 1e-3  # taken when the loss did not fall during the test
SAFETY = 30.0  # the rate picked lies this factor below the one where the loss is lowest
ADAPTED_SAFETY = 10.0  # and this factor where learnt weights go on: most of their blocks learn at a fraction of the rate
FRACTIONS = {SAFETY: "a thirtieth", ADAPTED_SAFETY: "a tenth"}


@dataclass(frozen=True)
class RangeTest:
    """The outcome of a range test.

    Args:
        rates, losses: of each step; the losses are smoothed.
        rate: the rate to train with.
        reason: in one sentence.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    rate: float
    reason: str


def find_learning_rate(
    model: nn.Module | Adaptation, task: Learnable, batches: Batches, plan: LearningPlan, seconds: float = math.inf
) -> RangeTest:
    """Pick a learning rate by a range test (Smith 2017, arXiv 1506.01186, section 3.3).

    The rate rises by a constant factor from step to step. The one picked is a thirtieth of the rate at which the smoothed
    loss is lowest, or a tenth where learnt weights go on: there it still falls, and stays clear of where it breaks. Model and
    random state stay as they are.

    Args:
        model: as it will be trained; a copy learns. Of an adaptation all parts learn that will ever learn.
        task: its losses are what is watched.
        batches: of the training part.
        plan: optimizer, clipping and batch size as they will be.
        seconds: the test ends after so long; a test that is cut short picks the usual rate.
    """
    ends = time.monotonic() + seconds
    adapting = model.opened_copy() if isinstance(model, Adaptation) else None
    copied: nn.Module = adapting.model if adapting else copy.deepcopy(model)  # type: ignore[assignment]  # no adaptation here
    optimizer = make_optimizer(copied, plan, LOWEST_RATE, adapting.shares if adapting else ())
    growth = (HIGHEST_RATE / LOWEST_RATE) ** (1 / (NUM_STEPS - 1))
    way = Way(
        epochs=math.ceil(NUM_STEPS / len(batches)),
        schedule=lambda step: growth**step,
        clip_norm=plan.clip_norm,
        adapting=adapting,
    )
    rates: list[float] = []
    losses: list[float] = []
    average = 0.0
    with torch.random.fork_rng():
        for number, step in enumerate(learn(copied, task, batches, optimizer, way), 1):
            loss = float(step.loss)
            average = SMOOTHING * average + (1 - SMOOTHING) * loss
            smooth = average / (1 - SMOOTHING**number)
            is_broken = number > FIRST_STEPS and smooth > BREAK_FACTOR * min(losses[FIRST_STEPS // 2 :])
            if not math.isfinite(smooth) or is_broken or number > NUM_STEPS:
                break
            rates.append(step.learning_rate)
            losses.append(smooth)
            if time.monotonic() > ends:
                reason = (
                    f"{number} of {NUM_STEPS} steps of a range test took the {seconds:.1f} s it may: the usual rate is taken"
                )
                return RangeTest(tuple(rates), tuple(losses), USUAL_RATE, reason)
    return _pick(rates, losses, SAFETY if adapting is None else ADAPTED_SAFETY)


def _pick(rates: list[float], losses: list[float], safety: float = SAFETY) -> RangeTest:
    """Return the rate a fixed factor below the one with the lowest loss, or the usual rate when the loss never fell."""
    later = range(FIRST_STEPS, len(losses))
    lowest = min(later, key=losses.__getitem__, default=None)
    if lowest is None or losses[lowest] >= losses[FIRST_STEPS - 1]:
        reason = f"range test over {len(rates)} steps: the loss did not fall, so the usual rate is taken"
        return RangeTest(tuple(rates), tuple(losses), USUAL_RATE, reason)
    rate = float(f"{rates[lowest] / safety:.1e}")
    taken = FRACTIONS[safety]
    reason = f"range test over {len(rates)} steps: the loss is lowest at {rates[lowest]:.1e}; {taken} of that is taken"
    return RangeTest(tuple(rates), tuple(losses), rate, reason)
