"""Forward pass: one pass in the mode of training: who made the output, who read the inputs, what is not finite."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from espalier.diagnosis.finite import is_finite
from espalier.diagnosis.graph import leaves_of, matrices_in_a_row, operation_of
from espalier.diagnosis.subject import Subject, tensors_in
from espalier.diagnosis.wiring import Wiring

READERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.RNNBase, nn.MultiheadAttention)
MAX_KEPT_ROWS = 256  # of what a matrix read: enough for its scale
MAX_DIFFERENCE = 0.02  # of the largest output: mixed precision rounds to less
MAX_SHIFT = 0.1  # of the mean output, by other draws of dropout
MIN_SQUASHED = 2.0  # largest output that a tanh changes beyond doubt
SQUASHES: dict[str, Callable[[Tensor], Tensor]] = {
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "Relu": torch.relu,
    "Softplus": nn.functional.softplus,
}


@dataclass
class _Trace:
    """What the modules of a model did in one pass.

    Args:
        sources: addresses of the inputs.
        makers: class of the module that made a tensor, by its id.
        kept: the tensors; an id is only good while its tensor lives.
        broken: modules whose output is not finite.
        called: names of the modules, in order.
        read: inputs of matrices.
        normalised: rows that each active batch norm got, and values of one channel.
    """

    sources: set[int]
    makers: dict[int, str] = field(default_factory=dict)
    kept: list[Tensor] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    called: dict[str, None] = field(default_factory=dict)
    read: list[Tensor] = field(default_factory=list)
    normalised: list[tuple[int, int]] = field(default_factory=list)

    def before(self, name: str) -> Callable[[nn.Module, Any], None]:
        """Return the hook that notes what a module is given."""

        def hook(module: nn.Module, given: Any) -> None:  # noqa: ANN401  whatever a module takes
            self.called.setdefault(name)
            tensor = next((one for one in tensors_in(given) if one.is_floating_point()), None)
            if tensor is None:
                return
            if isinstance(module, READERS) and (not self.read or tensor.data_ptr() in self.sources):
                self.read.append(tensor.detach()[:MAX_KEPT_ROWS])
            if isinstance(module, _BatchNorm) and (module.training or module.running_mean is None):
                self.normalised.append((len(tensor), tensor.numel() // max(tensor.shape[1], 1)))

        return hook

    def after(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        """Return the hook that notes what a module gives."""

        def hook(module: nn.Module, _: Any, output: Any) -> None:  # noqa: ANN401  whatever a module gives
            for tensor in tensors_in(output):
                is_new = id(tensor) not in self.makers  # a container hands on what its last module gave
                self.makers[id(tensor)] = type(module).__name__
                self.kept.append(tensor)
                if is_new and not self.broken and tensor.is_floating_point() and not is_finite(tensor):
                    self.broken.append(name)

        return hook


def forward(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Run the model in train mode once: its output, the module that made it, and the first that is not finite."""
    if subject.num_rows == 0:
        raise ValueError("the batch holds no tensor with rows")
    trace = _Trace({one.data_ptr() for one in subject.tensors})
    named = [(name, module) for name, module in subject.model.named_modules() if name]
    hooks = [module.register_forward_hook(trace.after(name)) for name, module in named]
    hooks += [module.register_forward_pre_hook(trace.before(name)) for name, module in named]
    try:
        with torch.enable_grad():
            made = subject.call()
    finally:
        for one in hooks:
            one.remove()
    output = made.detach() if subject.output is None else subject.output.detach()
    is_own = _is_alike(made.detach(), output, bool(seen.dropouts))
    return {
        "output": output,
        "returned": None if is_own else made.detach(),
        "last_module": trace.makers.get(id(made), "") if is_own else "",
        "last_operation": operation_of(made) if is_own else _squash(made.detach(), output, bool(seen.dropouts)),
        "first_non_finite": trace.broken[0] if trace.broken else "",
        "called": tuple(trace.called),
        "read": tuple(trace.read),
        "num_in_a_row": matrices_in_a_row(made),
        "strangers": _strangers(subject, made),
        "normalised_rows": min((rows for rows, _ in trace.normalised), default=None),
        "normalised_values": min((values for _, values in trace.normalised), default=None),
    }


def _strangers(subject: Subject, made: Tensor) -> tuple[tuple[int, ...], ...]:
    """Return shapes of the leaves behind an output that are no input, no parameter, and not in the optimizer."""
    given = list(tensors_in((subject.arguments, subject.keywords)))
    groups = [] if subject.optimizer is None else subject.optimizer.param_groups
    known = {id(one) for one in (*given, *subject.model.parameters(), *(w for group in groups for w in group["params"]))}
    leaves = leaves_of(made, [one.grad_fn for one in given])
    return tuple(tuple(one.shape) for one in leaves if id(one) not in known)


def _squash(made: Tensor, output: Tensor, is_noisy: bool) -> str:
    """Return the operation between the model's output and what the loss got; empty when it is none of the usual ones.

    With dropout the two are of different draws, and a tanh of small values changes less than that: it is not looked for.
    """
    is_small = made.numel() == 0 or float(made.abs().max()) < MIN_SQUASHED
    left_out = ("Tanh",) if is_noisy and is_small else ()
    return next(
        (
            name
            for name, squash in SQUASHES.items()
            if name not in left_out and _is_alike(squash(made.float()), output, is_noisy)
        ),
        "",
    )


def _is_alike(made: Tensor, output: Tensor, is_noisy: bool) -> bool:
    """Return whether two tensors hold the same values, in whatever shape; with dropout, values of one range and mean."""
    if made.numel() != output.numel() or made.numel() == 0:
        return False
    first, second = made.float().flatten(), output.float().flatten()
    size = float(second.abs().max())
    if bool(((first - second).abs() <= MAX_DIFFERENCE * size).all()):
        return True
    if not is_noisy:
        return False
    is_inside = bool(second.min() >= first.min() - size * MAX_SHIFT) and bool(second.max() <= first.max() + size * MAX_SHIFT)
    return is_inside and float((first.mean() - second.mean()).abs()) <= MAX_SHIFT * float(second.abs().mean())
