"""A model's layers: what each one gives, sees and costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from espalier.models.costs import flops_of
from espalier.models.receptive_field import ReceptiveFields

WINDOWED = (nn.modules.conv._ConvNd, nn.modules.pooling._MaxPoolNd, nn.modules.pooling._AvgPoolNd)
_Size: TypeAlias = tuple[int, ...] | None
_Window: TypeAlias = tuple[_Size, _Size, _Size]


@dataclass(frozen=True)
class LayerSummary:
    """One layer of a model.

    Args:
        name: dotted path inside the model, or "" for the model itself.
        kind: name of its class.
        output_shape: of the tensor it returned last, batch included; None when it was not called, or returned no tensor.
        num_parameters: numbers of its own that are learnt.
        num_flops: floating-point operations of all its calls, for the rows given. Products of convolutions, linear layers and
            attention count two for each multiply-add, norms and activations one for each element, and all else nothing.
        kernel_size, stride, padding: of its window along each axis, for convolutions and pools; None for any other layer.
        receptive_field: values of the input, along each axis, that one value of the output can see; None where it is not
            followed, as behind global pooling, attention or a flattening.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...] | None
    num_parameters: int
    num_flops: int = 0
    kernel_size: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None
    padding: tuple[int, ...] | None = None
    receptive_field: tuple[int, ...] | None = None


@dataclass
class _Seen:
    """What one module did while it was watched."""

    num_flops: int = 0
    output_shape: tuple[int, ...] | None = None
    receptive_field: tuple[int, ...] | None = None


def summary(model: nn.Module, *inputs: Tensor | None) -> tuple[LayerSummary, ...]:
    """Return every leaf layer of a model, and every other module that has parameters or costs of its own, as they were defined.

    The model is called once, in evaluation mode and without gradients, and is left as it was. On the device "meta" nothing is
    computed, so that the largest model takes no time and no memory.

    Args:
        model: any module.
        inputs: what it is called with, for example numbers (1, N) and categories (1, M).
    """
    watch = _Watch(inputs)
    hooks = [hook for module in model.modules() for hook in watch.hooks(module)]
    modes = {module: module.training for module in model.modules()}
    try:
        model.eval()
        with torch.no_grad(), watch:
            model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes.items():
            module.training = training
    return tuple(
        _summary_of(name, module, watch.seen.get(module, _Seen()))
        for name, module in model.named_modules()
        if not list(module.children()) or _num_own(module) or watch.seen.get(module, _Seen()).num_flops
    )


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch gives it no types
    """Sees every operation, and knows the module that runs it."""

    def __init__(self, inputs: Sequence[Tensor | None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: dict[nn.Module, _Seen] = {}
        self.fields = ReceptiveFields(inputs)
        self.running: list[nn.Module] = []

    def hooks(self, module: nn.Module) -> list[torch.utils.hooks.RemovableHandle]:
        """Watch a module, until the hooks are removed."""
        return [module.register_forward_pre_hook(self._begin), module.register_forward_hook(self._end)]

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401  torch gives it no public type
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        """Let torch do the operation, then take it in."""
        output = func(*args, **(kwargs or {}))
        operation = func.overloadpacket.__name__
        if self.running:
            self.seen[self.running[-1]].num_flops += flops_of(operation, args, output)
        self.fields.follow(operation, args, output)
        return output

    def _begin(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        self.seen.setdefault(module, _Seen())
        self.running.append(module)

    def _end(self, module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        self.running.pop()
        if isinstance(module, nn.Linear):
            self.fields.follow_linear(inputs[0], output)
        seen = self.seen[module]
        if isinstance(output, Tensor):
            seen.output_shape, seen.receptive_field = tuple(output.shape), self.fields.sizes(output)


def _summary_of(name: str, module: nn.Module, seen: _Seen) -> LayerSummary:
    window: _Window = (None, None, None)
    if isinstance(module, WINDOWED) and seen.output_shape:
        window = _window(module, num_axes=len(seen.output_shape) - 2)
    return LayerSummary(
        name, type(module).__name__, seen.output_shape, _num_own(module), seen.num_flops, *window, seen.receptive_field
    )


def _num_own(module: nn.Module) -> int:
    return sum(one.numel() for one in module.parameters(recurse=False))


def _window(module: Any, num_axes: int) -> _Window:  # noqa: ANN401  torch's convolutions and pools share no class
    """Return kernel size, stride and padding along each axis."""
    kernel_size, stride, padding = module.kernel_size, module.stride, module.padding
    if isinstance(padding, str):
        reach = [rate * (size - 1) for size, rate in zip(kernel_size, module.dilation, strict=True)]
        padding = tuple(one // 2 for one in reach) if padding == "same" else 0
    first, second, third = (one if isinstance(one, tuple) else (one,) * num_axes for one in (kernel_size, stride, padding))
    return first, second, third
