"""Sampler: measures gradients, updates and activations of some steps, as often as a small share of the time allows."""

import time
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from espalier.diagnosis.activations import ActivationProbe
from espalier.diagnosis.course import LASTING, RESTING, Sample

FIRST_SAMPLE = 2  # steps
MOST_OFTEN = 16  # steps from one sample to the next
MAX_SHARE = 0.012  # of the time; above it samples become rarer, below a quarter of it more frequent
MAX_SAMPLES = 256  # kept; of more, every second old one is dropped


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
        self.every, self.next = MOST_OFTEN, FIRST_SAMPLE
        self.before: dict[str, Tensor] = {}
        self.highest_rate = self.sum_of_rates = self.highest_ever = 0.0
        self.rests_from = 1  # the first of the newest steps that all had next to no rate
        self.began = time.perf_counter()

    def forward_begins(self, step: int) -> None:
        """Look at the activations of a step that is to be sampled.

        Args:
            step: the coming one, from 1.
        """
        if step >= self.next:
            self.activations.begin()

    def note_rate(self, step: int) -> None:
        """Take in the learning rate of a step, from 1."""
        given = self.optimizer.param_groups[0]["lr"]
        if isinstance(given, Tensor):  # to read it from a device would wait for the device
            return
        rate = float(given)
        self.sum_of_rates += rate
        if rate > self.highest_rate:
            self.highest_rate = rate
        if rate > self.highest_ever:
            self.highest_ever = rate
        if rate >= RESTING * self.highest_ever:
            self.rests_from = step + 1

    def step_begins(self, step: int) -> None:
        """Keep the weights of a step that is to be sampled, and the learning rate of any."""
        self.note_rate(step)
        if step >= self.next:
            held = {id(weight) for group in self.optimizer.param_groups for weight in group["params"]}
            trained = [(name, weight) for name, weight in self.model.named_parameters() if weight.requires_grad]
            self.before = {name: weight.detach().clone() for name, weight in trained if id(weight) in held}

    def step_ends(self, step: int, spent_seconds: float) -> None:
        """Measure a step that is sampled, and decide when the next one will be.

        Args:
            step: just done, from 1.
            spent_seconds: on looking so far.
        """
        if step < self.next:
            return
        share = spent_seconds / max(time.perf_counter() - self.began, 1e-9)
        if share > MAX_SHARE:  # never more than twice as far: even a training of tiny steps gets its samples
            self.every = min(self.every * 2, max(step, MOST_OFTEN))
        elif share < MAX_SHARE / 4:
            self.every = max(self.every // 2, MOST_OFTEN)
        self.next = step + self.every
        sample = self._measure(step)
        if sample.sizes:
            self.samples.append(sample)
        if len(self.samples) > MAX_SAMPLES:
            del self.samples[1:-LASTING:2]

    @torch.no_grad()
    def _measure(self, step: int) -> Sample:
        before, self.before = self.before, {}
        rate = float(self.optimizer.param_groups[0]["lr"])
        highest_rate, self.highest_rate = max(self.highest_rate, rate), 0.0
        dead, saturated = self.activations.end()
        named = {name: weight for name, weight in self.model.named_parameters() if name in before}
        groups = self.optimizer.param_groups
        sizes = _norms(before)
        return Sample(
            step=step,
            learning_rate=rate,
            highest_rate=highest_rate,
            gradients=_norms({name: weight.grad for name, weight in named.items() if weight.grad is not None}),
            sizes=sizes,
            updates=_norms({name: before[name].sub_(weight) for name, weight in named.items()}),
            dead=dead,
            saturated=saturated,
            matrices=tuple(name for name, weight in named.items() if weight.ndim > 1),
            weight_decay=max(float(group.get("weight_decay", 0.0)) for group in groups),
        )


def _norms(tensors: Mapping[str, Tensor]) -> dict[str, float]:
    """Return the norm of each tensor. Those of one device are read together: each reading waits for the device."""
    dense = [(one.coalesce().values() if one.is_sparse else one).float() for one in tensors.values()]
    norms = list(torch._foreach_norm(dense)) if dense else []
    is_together = len({one.device for one in norms}) == 1
    return dict(zip(tensors, torch.stack(norms).tolist() if is_together else map(float, norms), strict=True))
