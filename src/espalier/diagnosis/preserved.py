"""Look without touching: whatever a probe does to a model, the training goes on as if it had not been done."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_MISSING = object()
_OWN = frozenset(vars(nn.Module()))  # names that torch keeps in every module


@contextmanager
def preserved(model: nn.Module) -> Iterator[None]:
    """Restore a model and the random states after a block, to the last bit.

    Kept are the modes of all modules, buffers (running means of batch norm), gradients, tensors that modules hold as plain
    attributes (the state that a recurrent network carries on), and the random states of torch (CPU and every CUDA device),
    NumPy and Python. Weights are not copied: a block must not update them.

    Args:
        model: any module.
    """
    cpu, cuda = torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    python, numpy = random.getstate(), np.random.get_state()
    modes = [(module, module.training) for module in model.modules()]
    buffers = [
        (module, name, tensor, tensor.detach().clone())
        for module in model.modules()
        for name, tensor in module._buffers.items()
        if tensor is not None
    ]
    attributes = [(module, dict(vars(module))) for module in model.modules()]
    gradients = [(weight, weight.grad) for weight in model.parameters()]
    try:
        yield
    finally:
        for weight, gradient in gradients:
            weight.grad = gradient
        with torch.no_grad():
            for module, name, tensor, value in buffers:
                module._buffers[name] = tensor
                tensor.copy_(value)
        for module, before in attributes:
            _put_back(module, before)
        for module, was_training in modes:
            module.training = was_training
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(cpu)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)


def _put_back(module: nn.Module, before: dict[str, Any]) -> None:
    """Put back the plain attributes of a module that hold tensors now, or held some before."""
    for name, value in list(vars(module).items()):
        if value is before.get(name, _MISSING) or name in _OWN:
            continue
        if _holds_tensors(value) or _holds_tensors(before.get(name)):
            if name in before:
                vars(module)[name] = before[name]
            else:
                del vars(module)[name]


def _holds_tensors(value: Any) -> bool:  # noqa: ANN401  whatever a module keeps
    return isinstance(value, Tensor) or (isinstance(value, tuple | list) and any(isinstance(one, Tensor) for one in value))
