"""Graph: what the record of a forward pass tells of the operations that made a tensor."""

import re
from collections.abc import Collection
from typing import Any

from torch import Tensor

MATRIX_OPERATIONS = ("Addmm", "Mm", "Bmm", "Baddbmm", "Convolution")
SHAPE_OPERATIONS = (
    *("View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Select", "Slice", "Transpose", "Permute", "T"),
    *("Expand", "Clone", "Alias", "ToCopy", "Unbind", "Split", "AsStrided"),
)  # these move values and change none


def operation_of(tensor: Tensor) -> str:
    """Return the name of the operation that gave a tensor its values; empty when nothing was recorded.

    Example:
        >>> import torch
        >>> operation_of(torch.ones(3, 1, requires_grad=True).sigmoid().squeeze(1))
        'Sigmoid'
    """
    node: Any = tensor.grad_fn
    while node is not None and _name(node) in SHAPE_OPERATIONS:
        node = node.next_functions[0][0]
    return "" if node is None else _name(node)


def matrices_in_a_row(tensor: Tensor) -> int:
    """Return how many products with a matrix, or convolutions, the longest way through the record of a tensor passes.

    Example:
        >>> import torch
        >>> matrices_in_a_row(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))(torch.ones(4, 2)))
        2
    """
    longest: dict[Any, int] = {None: 0}
    waiting: list[Any] = [tensor.grad_fn]
    while waiting:
        node = waiting[-1]
        if node in longest:
            waiting.pop()
            continue
        sources = [source for source, _ in node.next_functions]
        unknown = [source for source in sources if source not in longest]
        if unknown:
            waiting += unknown
            continue
        longest[node] = max((longest[source] for source in sources), default=0) + (_name(node) in MATRIX_OPERATIONS)
        waiting.pop()
    return longest[tensor.grad_fn]


def leaves_of(tensor: Tensor, stops: Collection[Any]) -> list[Tensor]:
    """Return the tensors that would get a gradient through the record of a tensor, each once.

    Args:
        tensor: an output.
        stops: operations beyond which is not looked, for example those that made the inputs.

    Example:
        >>> import torch
        >>> weight, given = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True) * 3
        >>> [one is weight for one in leaves_of(weight * given, [given.grad_fn])]
        [True]
    """
    seen: set[Any] = {None, *stops}
    waiting: list[Any] = [tensor.grad_fn]
    found: list[Tensor] = []
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        waiting += [source for source, _ in node.next_functions]
    return found


def _name(node: Any) -> str:  # noqa: ANN401  torch has no public class of it
    """Return the name of an operation; empty for a weight."""
    name = str(node.name())
    return re.sub(r"Backward\d*$", "", name) if "Backward" in name else ""
