"""Sampler: measures gradients, updates and activations of some steps, as often as a small share of the time allows."""

import time

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from espalier.diagnosis.activations import ActivationProbe
from espalier.diagnosis.course import Sample

FIRST_SAMPLE, SAMPLE_EVERY = 2, 64  # steps
MOST_OFTEN = 16
MAX_SHARE = 0.02  # of the time; above it samples become rarer, below a quarter of it more frequent


class Sampler:
    """Samples steps of a training.

    Args:
        model: being trained.
        optimizer: that trains it.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer) -> None:
        self.model, self.optimizer = model, optimizer
        self.samples: list[Sample] = []
        self.activations = ActivationProbe(model)
        self.every, self.next = SAMPLE_EVERY, FIRST_SAMPLE
        self.before: dict[str, Tensor] = {}
        self.began = time.perf_counter()

    def forward_begins(self, step: int) -> None:
        """Look at the activations of a step that is to be sampled.

        Args:
            step: the coming one, from 1.
        """
        if step >= self.next:
            self.activations.begin()

    def step_begins(self, step: int) -> None:
        """Keep the weights of a step that is to be sampled."""
        if step >= self.next:
            named = self.model.named_parameters()
            self.before = {name: weight.detach().clone() for name, weight in named if weight.requires_grad}

    def step_ends(self, step: int, spent_seconds: float) -> None:
        """Measure a step that is sampled, and decide when the next one will be.

        Args:
            step: just done, from 1.
            spent_seconds: on looking so far.
        """
        if not self.before:
            return
        self.samples.append(self._measure(step))
        share = spent_seconds / max(time.perf_counter() - self.began, 1e-9)
        if share > MAX_SHARE:
            self.every *= 2
        elif share < MAX_SHARE / 4:
            self.every = max(self.every // 2, MOST_OFTEN)
        self.next = step + self.every

    @torch.no_grad()
    def _measure(self, step: int) -> Sample:
        before, self.before = self.before, {}
        named = [(name, weight) for name, weight in self.model.named_parameters() if name in before]
        dead, saturated = self.activations.end()
        return Sample(
            step=step,
            learning_rate=float(self.optimizer.param_groups[0]["lr"]),
            gradients={name: _norm(weight.grad) for name, weight in named if weight.grad is not None},
            sizes={name: _norm(before[name]) for name, _ in named},
            updates={name: _norm(weight - before[name]) for name, weight in named},
            dead=dead,
            saturated=saturated,
        )


def _norm(tensor: Tensor) -> float:
    return float((tensor.coalesce().values() if tensor.is_sparse else tensor).float().norm())
