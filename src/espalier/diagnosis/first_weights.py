"""First weights: which weights still hold the values that torch draws for a new layer, and how large drawn ones are.

Torch draws the weights of a new layer evenly between two ends that follow from its size. A training moves some of them beyond
the ends, so values that fill the range and never pass it were never trained.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.parameter import is_lazy

NORMS = (_BatchNorm, nn.GroupNorm, nn.LayerNorm)
MATRICES = (nn.Linear, _ConvNd)
ROUNDING = 5e-3  # of an end: half precision
FEWEST_NUMBERS = 32  # fewer may lie within the ends by chance
MOST_ERRORS = 5.0  # standard errors of the deviation and the mean of drawn values
SMALL_SHARE = 0.02  # of the model's numbers
EMPTY_ENDS = 30.0  # numbers that would lie between the largest one and its end
NOTABLE_GAIN = 2.0  # the largest of the usual ways to draw weights gives 5/3: smaller ones are looked at no further
LARGEST_SIDE = 2048  # of a matrix whose largest factor is looked at
EDGE = 1.2  # of the largest factor of a random matrix as large


def is_new_norm(module: nn.Module) -> bool:
    """Return whether a norm is frozen at the values that it was made with."""
    own = dict(module.named_parameters(recurse=False))
    if {"weight", "bias"} - own.keys() or any(one.requires_grad or is_lazy(one) for one in own.values()):
        return False
    return bool((own["weight"] == 1).all()) and bool((own["bias"] == 0).all())


def frozen_as_drawn(model: nn.Module) -> tuple[str, ...]:
    """Return names of frozen weights as torch drew them; none where another frozen weight shows that it was trained.

    Left out are copies of weights that are trained, as of a target network, weights with an adapter beside them, and
    embeddings that are a small part of the model: places may be random.

    Args:
        model: whose weights are in place.
    """
    made = [one for one in model.parameters() if not is_lazy(one)]
    trained, total = [one for one in made if one.requires_grad], sum(one.numel() for one in made)
    found = []
    for name, module, weight in _frozen(model):
        as_drawn = _is_as_drawn(module, name.rpartition(".")[2], weight.detach().float())
        if as_drawn is False:
            return ()
        is_small = isinstance(module, nn.Embedding) and weight.numel() < SMALL_SHARE * total
        is_copy = any(one.shape == weight.shape and torch.equal(one, weight) for one in trained)
        if as_drawn and not is_small and not is_copy:
            found.append(name)
    return tuple(found)


def _frozen(model: nn.Module) -> Iterator[tuple[str, nn.Module, Tensor]]:
    """Yield frozen weights with the module that has them."""
    modules = dict(model.named_modules())
    for prefix, module in modules.items():
        parent = modules.get(prefix.rpartition(".")[0])
        if prefix and parent is not None and any(one.requires_grad for one in parent.parameters(recurse=False)):
            continue
        for name, weight in module.named_parameters(recurse=False):
            if not (weight.requires_grad or is_lazy(weight)) and weight.is_floating_point():
                yield f"{prefix}.{name}".lstrip("."), module, weight


def _is_as_drawn(module: nn.Module, name: str, weight: Tensor) -> bool | None:
    """Return whether a weight is as torch drew it; None where that cannot be told."""
    if isinstance(module, NORMS):
        return None if bool((weight == (name == "weight")).all()) else False
    if isinstance(module, nn.Embedding):
        rows = weight[weight.ne(0).any(dim=1)]  # that of the padding is zero
        return _is_normal(rows.flatten())
    end = _end(module, name)
    if end is None:
        return None
    if "bias" in name and not bool((weight != 0).any()):
        return None
    largest = float(weight.abs().max())
    if largest > end * (1 + ROUNDING):
        return False
    if weight.numel() < FEWEST_NUMBERS:
        return None
    count, usual = weight.numel(), end / math.sqrt(3)
    is_even = abs(float(weight.std()) / usual - 1) <= MOST_ERRORS * math.sqrt(0.2 / count)
    is_centred = abs(float(weight.mean())) <= MOST_ERRORS * usual / math.sqrt(count)
    return is_even and is_centred and largest >= end * (1 - EMPTY_ENDS / count)


def _is_normal(values: Tensor) -> bool | None:
    """Return whether numbers are of a normal distribution with deviation 1, as the rows of a new embedding."""
    if values.numel() < FEWEST_NUMBERS:
        return None
    count = values.numel()
    is_even = abs(float(values.std()) - 1) <= 3 * math.sqrt(0.5 / count)
    is_centred = abs(float(values.mean())) <= 3 / math.sqrt(count)
    tail = float((values.square().square().mean() / values.square().mean().square()) - 3)
    return is_even and is_centred and abs(tail) <= 3 * math.sqrt(24 / count)


def _end(module: nn.Module, name: str) -> float | None:
    """Return the largest value that torch draws for a weight of a new module; None where it is not known."""
    if isinstance(module, MATRICES):
        return 1 / math.sqrt(module.weight[0].numel())
    if isinstance(module, nn.RNNBase):
        return 1 / math.sqrt(module.hidden_size)
    if isinstance(module, nn.MultiheadAttention) and name == "in_proj_weight":
        return math.sqrt(6 / sum(module.in_proj_weight.shape))
    return None


@torch.no_grad()
def gains(model: nn.Module) -> dict[str, float]:
    """Return how much trained matrices and convolutions that look drawn at random enlarge what they read, if notably.

    The deviation of the weights by the root of the number of inputs, or of outputs where they are fewer: at most 5/3 for the
    usual ways to draw them, for each of which one of the two is kept at about 1. Weights shared with an embedding are left
    out, and those that a training made large: their largest factor stands out of those of a random matrix.
    """
    shared = {id(one.weight) for one in model.modules() if isinstance(one, nn.Embedding)}
    found = {}
    for prefix, module in model.named_modules():
        weight = getattr(module, "weight", None)
        is_read = isinstance(module, MATRICES) and isinstance(weight, nn.Parameter) and not is_lazy(weight)
        if not is_read or weight is None or not weight.requires_grad or id(weight) in shared or min(weight.shape[:2]) < 1:
            continue
        groups = getattr(module, "groups", 1)
        num_inputs, num_outputs = weight[0].numel(), len(weight) // groups * weight[0, 0].numel()
        gain = float(weight.float().std()) * math.sqrt(min(num_inputs, num_outputs)) if weight.numel() > 1 else 0.0
        if gain > NOTABLE_GAIN and _looks_drawn(weight.detach().float().flatten(1)):
            found[f"{prefix}.weight".lstrip(".")] = gain
    return found


def _looks_drawn(matrix: Tensor) -> bool:
    """Return whether the largest factor of a matrix is about that of independent values as large (Marchenko & Pastur 1967)."""
    if max(matrix.shape) > LARGEST_SIDE:
        matrix = matrix[:LARGEST_SIDE, :LARGEST_SIDE]
    largest = float(torch.linalg.matrix_norm(matrix, ord=2))
    return largest <= EDGE * float(matrix.std()) * (math.sqrt(len(matrix)) + math.sqrt(matrix.shape[1]))
