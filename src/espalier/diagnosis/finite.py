"""Finite: whether all numbers of a tensor are finite, for the price of a sum."""

import torch
from torch import Tensor


def is_finite(tensor: Tensor) -> bool:
    """Return whether every number is finite.

    A sum is finite only where all its terms are; only where it is not, as large terms may overflow, is each of them looked at.

    Args:
        tensor: of any shape; an empty one is finite.

    Example:
        >>> is_finite(torch.tensor([3e38, 3e38])), is_finite(torch.tensor([1.0, float("nan")]))
        (True, False)
    """
    numbers = tensor.detach()
    return bool(torch.isfinite(numbers.sum())) or bool(torch.isfinite(numbers).all())
