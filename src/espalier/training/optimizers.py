"""Optimizers by name, with weight decay where it belongs: on weights, never on biases and norms."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

from espalier.core.plan import LearningPlan

Group: TypeAlias = dict[str, Any]
NORMS = (
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
)
GUARDED = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")  # methods that import torch's compiler


@dataclass(frozen=True)
class Share:
    """Parameters of one model that learn at a share of the peak rate.

    Args:
        parameters: they.
        rate: share of the peak rate, above 0 and at most 1.
        decays: whether weight decay acts on those that it acts on elsewhere.
    """

    parameters: tuple[nn.Parameter, ...]
    rate: float
    decays: bool = True


def make_optimizer(model: nn.Module, plan: LearningPlan, learning_rate: float, shares: Sequence[Share] = ()) -> Optimizer:
    """Return the optimizer that a plan names, for all parameters of a model that need a gradient.

    Fused kernels are used where torch has them: one call a step instead of several a tensor.

    Args:
        model: its parameters are updated in place.
        plan: optimizer, momentum and weight decay.
        learning_rate: peak rate.
        shares: parameters that learn slower, first the ones whose rate is told of; empty where all learn alike.
    """
    groups = parameter_groups(model, plan.weight_decay)
    if shares:
        groups = [one for share in shares for one in _share_of(groups, share, learning_rate)]
    match plan.optimizer:
        case "sgd":
            return light(SGD)(groups, lr=learning_rate, fused=True)
        case "momentum":
            return light(SGD)(groups, momentum=plan.momentum, lr=learning_rate, fused=True)
        case "nesterov":
            return light(SGD)(groups, momentum=plan.momentum, nesterov=plan.momentum > 0, lr=learning_rate, fused=True)
        case "adagrad":
            return light(Adagrad)(groups, lr=learning_rate, fused=True)
        case "rmsprop":
            return light(RMSprop)(groups, lr=learning_rate, momentum=plan.momentum)
        case "adam":
            return light(Adam)(groups, lr=learning_rate, fused=True)
        case "adamw":
            return light(AdamW)(groups, lr=learning_rate, fused=True)


@cache
def light(kind: type[Optimizer]) -> Any:  # noqa: ANN401  a class of the same signature
    """Return an optimizer class that does the same and does not import torch's compiler.

    Torch imports it (about a second) when the first optimizer of a process is made, only to keep the compiler out of these
    methods. Nothing here compiles them, so the methods below that guard are taken as they are.
    """
    plain = {name: _unwrapped(getattr(kind, name)) for name in GUARDED}
    return type(kind.__name__, (kind,), {**plain, "step": torch.no_grad()(_unwrapped(kind.step))})


def _unwrapped(method: Any) -> Any:  # noqa: ANN401  a method
    return getattr(method, "__wrapped__", method)


def parameter_groups(model: nn.Module, weight_decay: float) -> list[Group]:
    """Return the trainable parameters in two groups: those that decay, and biases and norm parameters, which do not.

    Args:
        model: a parameter counts as bias when its own name is "bias" or begins with "bias_".
        weight_decay: of the first group.
    """
    decayed: list[torch.nn.Parameter] = []
    spared: list[torch.nn.Parameter] = []
    seen: set[int] = set()
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if id(parameter) in seen or not parameter.requires_grad:
                continue
            seen.add(id(parameter))
            is_spared = isinstance(module, NORMS) or name == "bias" or name.startswith("bias_")
            (spared if is_spared else decayed).append(parameter)
    groups: list[Group] = [{"params": decayed, "weight_decay": weight_decay}, {"params": spared, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _share_of(groups: Sequence[Group], share: Share, learning_rate: float) -> list[Group]:
    """Return the part of each group that a share holds, with its own peak rate."""
    held = {id(one) for one in share.parameters}
    parts = [
        {
            "params": [one for one in group["params"] if id(one) in held],
            "weight_decay": group["weight_decay"] if share.decays else 0.0,
            "lr": learning_rate * share.rate,
        }
        for group in groups
    ]
    return [part for part in parts if part["params"]]
