"""What a loss expects of a model's output, and what the best constant answer would lose."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Criterion: TypeAlias = Callable[[Any, Any], Tensor]  # (output, target) -> scalar loss


class LossKind(StrEnum):
    """What the output means to a loss."""

    CROSS_ENTROPY = "cross entropy"  # logits of K classes, softmax inside
    NLL = "negative log likelihood"  # log probabilities of K classes
    BINARY_LOGITS = "binary cross entropy with logits"  # logits, sigmoid inside
    BINARY = "binary cross entropy"  # probabilities
    SQUARED = "squared error"  # quantities
    ABSOLUTE = "absolute error"  # quantities; Huber counts here
    UNKNOWN = "unknown"


_CLASSES: dict[type, LossKind] = {
    nn.CrossEntropyLoss: LossKind.CROSS_ENTROPY,
    nn.NLLLoss: LossKind.NLL,
    nn.BCEWithLogitsLoss: LossKind.BINARY_LOGITS,
    nn.BCELoss: LossKind.BINARY,
    nn.MSELoss: LossKind.SQUARED,
    nn.L1Loss: LossKind.ABSOLUTE,
    nn.SmoothL1Loss: LossKind.ABSOLUTE,
    nn.HuberLoss: LossKind.ABSOLUTE,
}
_FUNCTIONS: dict[Any, LossKind] = {
    F.cross_entropy: LossKind.CROSS_ENTROPY,
    F.nll_loss: LossKind.NLL,
    F.binary_cross_entropy_with_logits: LossKind.BINARY_LOGITS,
    F.binary_cross_entropy: LossKind.BINARY,
    F.mse_loss: LossKind.SQUARED,
    F.l1_loss: LossKind.ABSOLUTE,
    F.smooth_l1_loss: LossKind.ABSOLUTE,
    F.huber_loss: LossKind.ABSOLUTE,
}
BY_CLASS = (LossKind.CROSS_ENTROPY, LossKind.NLL)
BY_PROBABILITY = (LossKind.BINARY_LOGITS, LossKind.BINARY)
OF_QUANTITIES = (LossKind.SQUARED, LossKind.ABSOLUTE)
MIN_SHARE = 1e-6  # of a class, so that its logarithm is finite


def kind_of(criterion: Criterion | None) -> LossKind:
    """Return what a loss of torch expects; UNKNOWN for a person's own.

    Example:
        >>> str(kind_of(nn.MSELoss())), str(kind_of(lambda output, target: output.sum()))
        ('squared error', 'unknown')
    """
    if criterion is None:
        return LossKind.UNKNOWN
    by_class = next((kind for known, kind in _CLASSES.items() if isinstance(criterion, known)), None)
    return by_class or _FUNCTIONS.get(criterion, getattr(criterion, "kind", LossKind.UNKNOWN))


def best_constant(kind: LossKind, output: Tensor, target: Tensor) -> Tensor | None:
    """Return the output that loses least of all that are alike for every row, in the shape of `output`; None when unknown.

    Args:
        kind: of the loss.
        output: (B, ...), classes on dimension 1.
        target: class indices, or values in the shape of the output.
    """
    if kind in BY_CLASS:
        if target.is_floating_point() or output.ndim < 2:
            return None
        counts = torch.bincount(target[target >= 0].flatten(), minlength=output.shape[1])[: output.shape[1]]
        logarithms = (counts / counts.sum().clamp_min(1)).clamp_min(MIN_SHARE).log().to(output.dtype)
        return logarithms.view(1, -1, *[1] * (output.ndim - 2)).expand_as(output)
    if kind is LossKind.UNKNOWN or target.shape != output.shape:
        return None
    values = target.to(output.dtype)
    if kind in BY_PROBABILITY:
        share = values.mean().clamp(MIN_SHARE, 1 - MIN_SHARE)
        return (share.logit() if kind is LossKind.BINARY_LOGITS else share).expand_as(output)
    if kind is LossKind.SQUARED:
        return values.mean(dim=0, keepdim=True).expand_as(output)
    return values.median(dim=0, keepdim=True).values.expand_as(output)


def is_summed(criterion: Criterion) -> bool:
    """Return whether a loss says that it is the sum over its rows, and not their mean."""
    return getattr(criterion, "reduction", "mean") == "sum"


def prior_loss(criterion: Criterion, kind: LossKind, output: Tensor, target: Tensor) -> float | None:
    """Return the loss of the best constant answer to this batch: what a model must beat to have learnt anything.

    None when it is not known, and when all targets are equal, so that a constant is all there is to learn.

    Args:
        criterion: the loss.
        kind: of the loss.
        output: (B, ...), of the model; only its shape counts.
        target: of the batch.
    """
    if target.numel() < 2 or bool((target == target.flatten()[0]).all()):
        return None
    constant = best_constant(kind, output, target)
    return None if constant is None else float(criterion(constant, target))
