"""A model's layers, what each gives and what it costs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class LayerSummary:
    """One layer of a model.

    Args:
        name: dotted path inside the model, or "" for the model itself.
        kind: name of its class.
        output_shape: of the tensor it returned, batch included; None when it was not called, or returned no tensor.
        num_parameters: numbers of its own that are learnt.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...] | None
    num_parameters: int


def summary(model: nn.Module, *inputs: Tensor | None) -> tuple[LayerSummary, ...]:
    """Return every leaf layer of a model, and every other module with parameters of its own, in order of definition.

    The model is called once, in evaluation mode and without gradients, and is left as it was.

    Args:
        model: any module.
        inputs: what it is called with, for example numbers (1, N) and categories (1, M).
    """
    shapes: dict[str, tuple[int, ...]] = {}
    layers = {name: layer for name, layer in model.named_modules() if _has_own(layer) or not list(layer.children())}
    hooks = [layer.register_forward_hook(_keep_shape(name, shapes)) for name, layer in layers.items()]
    modes = {module: module.training for module in model.modules()}
    try:
        model.eval()
        with torch.no_grad():
            model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes.items():
            module.training = training
    return tuple(
        LayerSummary(name, type(layer).__name__, shapes.get(name), sum(one.numel() for one in layer.parameters(recurse=False)))
        for name, layer in layers.items()
    )


def _has_own(layer: nn.Module) -> bool:
    return next(layer.parameters(recurse=False), None) is not None


def _keep_shape(name: str, shapes: dict[str, tuple[int, ...]]) -> Callable[..., None]:
    """Return a hook that writes down the shape of a layer's first output."""

    def keep(module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        if isinstance(output, Tensor):
            shapes.setdefault(name, tuple(output.shape))

    return keep
