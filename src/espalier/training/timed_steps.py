"""Timed steps: plain steps of a copy of a model, to see what a way of computing costs and what loss it leads to."""

import copy
import statistics
import time

from torch import nn
from torch.optim import SGD

from espalier.core.batch import Batch
from espalier.training.loop import Learnable, Precision, Way, learn
from espalier.training.optimizers import light

NUM_STEPS = 5  # whose median counts; one more comes first, which allocates
TRIAL_RATE = 1e-3


class TimedSteps:
    """Some steps on a copy of a model.

    Args:
        model: as it will be trained; it stays as it is.
        task: its losses are computed.
        batch: of the size that will be trained on.
        precision: to compute in.
    """

    def __init__(self, model: nn.Module, task: Learnable, batch: Batch, precision: Precision = "float32") -> None:
        copied = copy.deepcopy(model)
        optimizer = light(SGD)(copied.parameters(), lr=TRIAL_RATE)
        self.steps = learn(copied, task, [batch], optimizer, Way(epochs=NUM_STEPS + 1, precision=precision))
        self.seconds: list[float] = []
        self.loss = float("nan")

    def step(self) -> None:
        """Do one step and time it."""
        began = time.perf_counter()
        self.loss = float(next(self.steps).loss)
        self.seconds.append(time.perf_counter() - began)

    def median_seconds(self) -> float:
        """Return the median time of a step; the first one allocates and does not count."""
        return statistics.median(self.seconds[1:])
