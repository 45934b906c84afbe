"""A moving average of weights (Polyak and Juditsky 1992), evaluated and kept in place of the last weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """An exponential moving average of a model's trainable weights.

    The decay is held down in the first steps, min(decay, (1 + t) / (10 + t)), so that the average forgets the initial weights.
    Buffers (running means of batch norm) are not averaged: the model's own are used.

    Args:
        model: its weights are read, never changed, except within `swapped`.
        decay: share of the old average kept at each step, 0 to 1.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.num_updates = 0
        self.names = [name for name, weight in model.named_parameters() if weight.requires_grad]
        self.weights = [weight for weight in model.parameters() if weight.requires_grad]
        self.averages = [weight.detach().clone() for weight in self.weights]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights of the step just done."""
        self.num_updates += 1
        decay = min(self.decay, (1 + self.num_updates) / (10 + self.num_updates))
        torch._foreach_lerp_(self.averages, [weight.detach() for weight in self.weights], 1 - decay)

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Put the averages into the model, for the length of a block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        with torch.no_grad():
            for weight, average in zip(self.weights, self.averages, strict=True):
                held = weight.detach().clone()
                weight.copy_(average)
                average.copy_(held)

    def state(self) -> dict[str, Tensor]:
        """Return the averages by the names of their weights."""
        return dict(zip(self.names, self.averages, strict=True))

    def load(self, state: dict[str, Tensor], num_updates: int) -> None:
        """Take the averages from a checkpoint."""
        self.num_updates = num_updates
        for name, average in zip(self.names, self.averages, strict=True):
            average.copy_(state[name])
