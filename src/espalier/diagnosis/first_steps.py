"""First steps: how far the optimizer's first step moves the weights, and how far all planned steps can move them at most."""

from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy
from torch.optim import SGD, Adam, Adamax, AdamW, NAdam, RAdam

from espalier.diagnosis.subject import Subject
from espalier.diagnosis.wiring import Wiring

BY_RATE = (Adam, AdamW, Adamax, NAdam, RAdam)  # their first step moves each number by about the rate, whatever the gradient is
RATES = ("lr", "initial_lr", "max_lr")  # of a parameter group: now, and what schedules keep there


@torch.no_grad()
def stepping(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Compare steps with the sizes of the weights, for the optimizers of which they are known beforehand."""
    optimizer = subject.optimizer
    if not isinstance(optimizer, (*BY_RATE, SGD)):
        return {}
    gradients = subject.gradients or {}
    named = {id(weight): name for name, weight in subject.model.named_parameters()}
    ratios, reaches = [], []
    for group in optimizer.param_groups:
        rate, highest = _rate(group, "lr"), max(_rate(group, one) for one in RATES)
        for weight in group["params"]:
            if id(weight) not in named or not weight.requires_grad or is_lazy(weight) or weight.ndim < 2:
                continue
            size = _root_mean_square(weight)
            if size <= 0:
                continue
            if isinstance(optimizer, BY_RATE):
                ratios.append(rate / size)
                reaches.append(highest * (subject.planned_steps or 0) / size)
            elif (gradient := gradients.get(named[id(weight)])) is not None and not gradient.is_sparse:
                ratios.append(rate * _root_mean_square(gradient) / size)
    found: dict[str, Any] = {"first_ratio": median(ratios)} if ratios else {}
    if reaches and subject.planned_steps:
        found |= {"reach": max(reaches), "planned_steps": subject.planned_steps}
    return found


def _root_mean_square(tensor: Tensor) -> float:
    return float(tensor.float().norm()) / max(tensor.numel(), 1) ** 0.5


def _rate(group: dict[str, Any], name: str) -> float:
    value = group.get(name, 0.0)
    return float(value) if isinstance(value, int | float | Tensor) else 0.0
