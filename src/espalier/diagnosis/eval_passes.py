"""Passes in eval mode: twice alike? do rows mix? does the output look at its input, and not ahead? is the network affine?

Each takes the model's output for the batch as it is, and compares it with that for a changed one.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._python_dispatch import TorchDispatchMode

from espalier.diagnosis.subject import Subject
from espalier.diagnosis.wiring import Wiring
from espalier.tasks.loss_kind import LossKind

FEWEST_ROWS = 4
SMALLEST = 1e-12
SMALLEST_SPREAD = 0.01  # of the mean size of the outputs: below it a change is measured by their size, or rounding would count
REPEATED = 1e-5  # two passes that differ by more are not compared any further
CLOSED = 1e-3  # weights no larger than this are gates that the training opens
LARGE = 10.0  # deviation of inputs for which no activation is nearly straight
CHANGED = 1e-6  # of the spread
MAX_GROUPS = 16  # of weights without gradient, looked at one by one


class _Draws(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the random operations of a pass."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: dict[str, None] = {}

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401  an operation, and whatever it takes
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        if torch.Tag.nondeterministic_seeded in func.tags:
            self.names.setdefault(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


@torch.no_grad()
def in_eval(subject: Subject) -> Tensor:
    """Put the model in eval mode and return its output."""
    subject.model.eval()
    return subject.call().float()


@torch.no_grad()
def repeating(subject: Subject, seen: Wiring, first: Tensor) -> dict[str, Any]:
    """Run the batch again and, where the output is another, note what was drawn at random.

    A pass that notes it is the dear one: at the first of a process torch imports its compiler, which takes a second.
    """
    difference = float((subject.call().float() - first).abs().max())
    if difference == 0:
        return {"unrepeatable": 0.0}
    with _Draws() as draws:
        subject.call()
    return {"unrepeatable": difference / _scale(first), "draws": tuple(draws.names)}


@torch.no_grad()
def mixing(subject: Subject, seen: Wiring, first: Tensor) -> dict[str, Any]:
    """Change half of the rows and look at the others."""
    rows = subject.num_rows
    if not _has_rows(subject, seen, first) or not _is_batch_first(subject, seen):
        return {}
    if any(isinstance(module, _BatchNorm) and module.running_mean is None for module in subject.model.modules()):
        return {}  # it normalises over the batch in eval mode too, on purpose
    half, moved = rows // 2, 0.0
    for changed, kept in ((slice(half, rows), slice(0, half)), (slice(0, half), slice(half, rows))):
        other = subject.call(lambda tensor, part=changed: _moved(tensor, rows, part)).float()  # type: ignore[misc]
        moved = max(moved, float((other - first)[kept].abs().max()))
    return {"mixing": moved / _scale(first)}


@torch.no_grad()
def spreading(subject: Subject, seen: Wiring, first: Tensor) -> dict[str, Any]:
    """Look how much the output differs between rows, with batch norm as in training and no weight at zero."""
    if not _has_rows(subject, seen, first):
        return {}
    rows = [tensor for tensor in subject.tensors if tensor.ndim and len(tensor) == len(first)]
    norms = [module for module in subject.model.modules() if isinstance(module, _BatchNorm)] if seen.normalised_rows else []
    for module in norms:
        module.train()
    opened = _opened(subject.model)
    output = subject.call(weights=opened).float() if norms or opened else first
    for module in norms:
        module.eval()
    return {
        "spread": float(output.std(dim=0).mean() / output.abs().mean().clamp(SMALLEST, 1.0)),
        "inputs_vary": any(bool((tensor != tensor[:1]).any()) for tensor in rows),
    }


@torch.no_grad()
def adding(subject: Subject, seen: Wiring, first: Tensor) -> dict[str, Any]:
    """Compare f(a) + f(b) with f(a + b) + f(0): alike for an affine network, whatever its weights and inputs are.

    Where inputs are whole numbers, a and b are the weights of the embeddings that read them.
    """
    rows = subject.num_rows
    floats = [one for one in subject.tensors if one.is_floating_point()]
    if not _has_rows(subject, seen, first) or seen.num_in_a_row < 2 or len(floats) > 1 or any(len(x) != rows for x in floats):
        return {}
    opened = _opened(subject.model)
    tables = {name: weight.detach() for name, weight in _embeddings(subject.model).items()}
    if not floats and not tables:
        return {}
    varied = dict(enumerate(floats)) if floats else tables
    a = {key: one * (LARGE / max(float(one.std()), SMALLEST)) for key, one in varied.items()}
    b = {key: one.roll(1, dims=0) for key, one in a.items()}

    def answer(values: dict[Any, Tensor]) -> Tensor:
        if not floats:
            return subject.call(weights=opened | values).float()
        return subject.call(lambda tensor: values[0] if tensor is floats[0] else tensor, opened).float()

    of_a = answer(a)
    is_rolled = len(subject.tensors) == 1 and not opened and floats and seen.mixing is not None and seen.mixing <= REPEATED
    of_b = of_a.roll(1, dims=0) if is_rolled else answer(b)  # of rows that do not mix, the answers change places as they do
    of_both, of_zero = answer({key: a[key] + b[key] for key in a}), answer({key: torch.zeros_like(a[key]) for key in a})
    size = float((of_both - of_zero).abs().max())
    error = float((of_a + of_b - of_both - of_zero).abs().max())
    return {"affine_error": error / size} if size > CHANGED * float(of_zero.abs().max()) else {}


@torch.no_grad()
def looking_ahead(subject: Subject, seen: Wiring, first: Tensor) -> dict[str, Any]:
    """Change the last place of each sequence and look at the outputs before it."""
    if not subject.causal or not _is_repeatable(seen) or first.ndim < 2:
        return {}
    rows = subject.num_rows
    lengths = {one.shape[1] for one in subject.tensors if one.ndim > 1 and len(one) == rows}
    if len(first) != rows and any(len(first) == rows * length for length in lengths):
        first = first.reshape(rows, -1, *first.shape[1:])
    places = [dim for dim in range(1, first.ndim) if first.shape[dim] in lengths and first.shape[dim] > 1][:2]
    if len(first) != rows or not places:
        return {}
    length = first.shape[places[0]]
    other = subject.call(lambda tensor: _end_changed(tensor, rows, length)).float().reshape(first.shape)
    change = (other - first).abs()
    return {"look_ahead": min(float(change.narrow(dim, 0, length - 1).max()) for dim in places) / _scale(first)}


def cutting(subject: Subject, seen: Wiring, first: Tensor) -> dict[str, Any]:
    """Look which of the weights without a gradient the output depends on, with no gradient in eval mode either."""
    lacking = [one.name for one in seen.trained if one.gradient is None] if seen.has_gradients else []
    if not lacking or len(lacking) == len(seen.trained) or not _is_repeatable(seen):
        return {}
    weights = dict(subject.model.named_parameters())
    with torch.enable_grad():
        output = subject.call().float().sum()
        found = torch.autograd.grad(output, [weights[name] for name in lacking], allow_unused=True)
    groups: dict[str, list[str]] = {}
    for name, gradient in zip(lacking, found, strict=True):
        if gradient is None:
            groups.setdefault(name.rpartition(".")[0], []).append(name)
    cut: list[str] = []
    with torch.no_grad():
        for names in list(groups.values())[:MAX_GROUPS]:
            changed = {name: weights[name] + torch.randn_like(weights[name]) for name in names}
            moved = float((subject.call(weights=changed).float() - first).abs().max())
            cut += names if moved > CHANGED * _scale(first) else []
    return {"cut": tuple(cut)}


def _scale(first: Tensor) -> float:
    spread = float(first.std()) if first.numel() > 1 else 0.0
    return max(spread, SMALLEST_SPREAD * float(first.abs().mean()), SMALLEST)


def _is_repeatable(seen: Wiring) -> bool:
    return seen.unrepeatable is not None and seen.unrepeatable <= REPEATED


def _has_rows(subject: Subject, seen: Wiring, first: Tensor) -> bool:
    """Return whether the output has a row for each row of the batch, and there are enough of them."""
    return _is_repeatable(seen) and first.ndim > 0 and len(first) == subject.num_rows >= FEWEST_ROWS


def _is_batch_first(subject: Subject, seen: Wiring) -> bool:
    """Return whether dimension 0 of all inputs can only be the batch, not time and not the places of a graph.

    Not known are inputs (T, B, ...) with a target (T, B), inputs of which two dimensions are equal, as of an adjacency matrix,
    and inputs of other lengths, as lists of edges are. A target with one entry for each row, or a model said to be causal
    along dimension 1, tells.
    """
    rows, target = subject.num_rows, seen.target
    if seen.kind is LossKind.UNKNOWN or target is None or target.ndim == 0:
        return False
    inputs = [one for one in subject.tensors if one.ndim > 0]
    if any(len(one) != rows or one.is_sparse for one in inputs):
        return False
    if subject.causal:
        return True
    series = [one for one in inputs if one.ndim == 3 or (one.ndim == 2 and not one.is_floating_point())]
    square = [*series, *(one for one in inputs if one.ndim == 2 and len(inputs) > 1)]
    if any(one.shape[1] == rows for one in square):
        return False
    return len(target) == rows and not any(target.ndim > 1 and target.shape[1] == one.shape[1] > 1 for one in series)


def _moved(tensor: Tensor, rows: int, part: slice) -> Tensor:
    """Return a batch with some of its rows changed: numbers change places and are shifted, others become copies of one row."""
    if tensor.ndim == 0 or len(tensor) != rows:
        return tensor
    changed = tensor.clone()
    is_number = tensor.is_floating_point() and tensor.numel() > 1
    changed[part] = tensor[part].roll(1, dims=0) + tensor.std() if is_number else tensor[part][:1]
    return changed


def _end_changed(tensor: Tensor, rows: int, length: int) -> Tensor:
    """Return sequences with another last place; masks stay."""
    if tensor.ndim < 2 or len(tensor) != rows or tensor.shape[1] != length or tensor.dtype is torch.bool:
        return tensor
    if tensor.is_floating_point() and not torch.isfinite(tensor).all():
        return tensor
    changed = tensor.clone()
    changed[:, -1] = tensor[:, -1].roll(1, dims=0) + (1 if tensor.is_floating_point() else 0)
    return changed


def _embeddings(model: nn.Module) -> dict[str, Tensor]:
    """Return the weights of all embeddings, by name."""
    own = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    return {name: weight for name, weight in model.named_parameters() if id(weight) in own}


def _opened(model: nn.Module) -> dict[str, Tensor]:
    """Return values for the weights that are nearly zero: gates and last layers that the training opens."""
    return {
        name: torch.randn_like(weight) * (weight[0].numel() if weight.ndim > 1 else 1) ** -0.5
        for name, weight in model.named_parameters()
        if weight.numel() and float(weight.detach().abs().max()) <= CLOSED
    }
