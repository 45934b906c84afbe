"""Activations by name: those of torch, and the step and maxout, which torch does not have."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from espalier.models.layers.options import check_choice

MAXOUT_PIECES = 2


class StepFunction(torch.autograd.Function):
    """0 below zero and 1 from zero on, with a gradient that is a stand-in for the true one.

    The true gradient is zero everywhere, so nothing before a step would learn. The straight-through estimator passes the
    gradient as if the step were the identity, and only where the input lies in -1 to 1.

    Paper: Bengio, Léonard, Courville 2013, arXiv 1308.3432, section 4; the limits: Hubara et al. 2016, arXiv 1602.02830,
    equation 4.
    """

    @staticmethod
    def forward(context: FunctionCtx, x: Tensor) -> Tensor:
        """Return the step of each value."""
        context.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(context: FunctionCtx, gradient: Tensor) -> Tensor:
        """Return the gradient where the input was in -1 to 1, and 0 elsewhere."""
        (x,) = context.saved_tensors  # type: ignore[attr-defined]  # torch sets it at run time
        return gradient * (x.abs() <= 1)


class Step(nn.Module):
    """The activation of the first perceptrons: 0 or 1. For a lab; its gradient is an estimate, see `StepFunction`.

    Shapes: any to the same.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return 1 where x is at least 0, and 0 elsewhere."""
        return StepFunction.apply(x)  # type: ignore[no-untyped-call]  # torch gives it no types


class Maxout(nn.Module):
    """The greatest of several linear pieces, so the activation itself is learnt.

    Paper: Goodfellow et al. 2013, arXiv 1302.4389, section 2.

    Args:
        num_pieces: pieces of one unit; the layer before must be that many times as wide.

    Shapes: (..., P * D) to (..., D).
    """

    def __init__(self, num_pieces: int = MAXOUT_PIECES) -> None:
        super().__init__()
        self.num_pieces = num_pieces

    def forward(self, x: Tensor) -> Tensor:
        """Return the greatest piece of each unit."""
        return x.view(*x.shape[:-1], self.num_pieces, -1).amax(dim=-2)


ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "step": Step,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "maxout": Maxout,
}


def build_activation(name: str) -> nn.Module:
    """Return an activation.

    Args:
        name: one of ACTIVATIONS.

    Raises:
        UnknownNameError: there is no such activation.
    """
    check_choice("activation", name, ACTIVATIONS)
    return ACTIVATIONS[name]()


def pieces_of(name: str) -> int:
    """Return how many inputs an activation needs for one output: 1, except for maxout.

    Args:
        name: one of ACTIVATIONS.
    """
    return MAXOUT_PIECES if name == "maxout" else 1
