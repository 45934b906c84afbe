"""Probes: a few passes over one batch that show how model, loss and optimizer are put together. Nothing is trained.

Each probe stands alone: one that a model cannot bear is left out, and said so. The passes run inside `preserved`, so a training
that was probed goes on as if it had not been, to the last bit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.optim import Optimizer

from espalier.diagnosis.loss_kind import OF_QUANTITIES, Criterion, kind_of, prior_loss
from espalier.diagnosis.preserved import preserved
from espalier.diagnosis.wiring import Weight, Wiring

MAX_PROBED_ROWS = 64  # enough for every probe, and cheap
MATRICES = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
SMALLEST = 1e-12


@dataclass(frozen=True)
class Subject:
    """What is probed.

    Args:
        model: any module, with its weights in place.
        arguments, keywords: what it is called with.
        target: of the batch; None without a loss.
        criterion: `criterion(output, target)` is the loss; None leaves probes of the loss out.
        optimizer: None leaves out which weights it holds.
        output: what the criterion was given, when a training loop was watched; None to take what the model returns.
        gradients: of the training loop, by name; None to compute them.
        causal: the model must not look ahead along dimension 1 of its inputs.
    """

    model: nn.Module
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    target: Any = None
    criterion: Criterion | None = None
    optimizer: Optimizer | None = None
    output: Tensor | None = None
    gradients: Mapping[str, Tensor | None] | None = None
    causal: bool = False

    def call(self, change: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """Return the model's first tensor for these arguments, or for changed ones.

        Args:
            change: of every float tensor among the arguments whose first dimension is the batch; None keeps them.

        Raises:
            TypeError: the model returns no tensor.
        """
        keep: Callable[[Tensor], Tensor] = change or (lambda tensor: tensor)
        output = self.model(*map_tensors(self.arguments, keep), **map_tensors(dict(self.keywords), keep))
        found = next(tensors_in(output), None)
        if found is None:
            raise TypeError(f"the model returns {type(output).__name__}, which holds no tensor")
        return found

    @property
    def num_rows(self) -> int:
        """Length of the first dimension of the first tensor among the arguments; 0 without one."""
        first = next(tensors_in((self.arguments, dict(self.keywords))), None)
        return 0 if first is None or first.ndim == 0 else len(first)


def probe(subject: Subject) -> Wiring:
    """Return what the probes see. The model, its gradients and all random states stay as they are.

    Args:
        subject: model, batch, loss and optimizer.
    """
    model, kind = subject.model, kind_of(subject.criterion)
    unlooked: list[str] = []
    inputs = tuple(one.detach() for one in tensors_in(subject.arguments) if one.is_floating_point())
    seen = Wiring(kind, batch_size=subject.num_rows, inputs=inputs, model_in_eval=not model.training, **_modules(model))
    with preserved(model):
        for look in (_forward, _gradients, _doubling, _in_eval):
            try:
                seen = replace(seen, **look(subject, seen))
            except Exception as error:  # noqa: BLE001  whatever a person's model raises, the training must go on
                unlooked.append(f"{look.__name__.strip('_')}: {type(error).__name__}: {error}")
    return replace(seen, unlooked=tuple(unlooked))


def _modules(model: nn.Module) -> dict[str, Any]:
    named = list(model.named_modules())
    return {
        "batch_norms": tuple(name for name, module in named if isinstance(module, _BatchNorm)),
        "dropouts": {name: float(module.p) for name, module in named if isinstance(module, _DropoutNd)},
    }


def _forward(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Run the model in train mode once: its output, the module that made it, and the first that is not finite."""
    if subject.num_rows == 0:
        raise ValueError("the batch holds no tensor with rows")
    last: dict[int, str] = {}
    broken: list[str] = []

    def note(name: str, module: nn.Module) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_: nn.Module, __: Any, output: Any) -> None:  # noqa: ANN401  whatever a module gives
            for tensor in tensors_in(output):
                last[id(tensor)] = type(module).__name__
                kept.append(tensor)  # an id is only good while its tensor lives
                if not broken and tensor.is_floating_point() and not torch.isfinite(tensor).all():
                    broken.append(name)

        return hook

    kept: list[Tensor] = []
    hooks = [module.register_forward_hook(note(name, module)) for name, module in subject.model.named_modules() if name]
    try:
        with torch.no_grad():
            made = subject.call()
    finally:
        for one in hooks:
            one.remove()
    output = made if subject.output is None else subject.output.detach()
    facts: dict[str, Any] = {
        "output": output,
        "last_module": last.get(id(made), ""),
        "first_non_finite": broken[0] if broken else "",
    }
    if subject.criterion is not None and isinstance(subject.target, Tensor):
        facts["target"] = subject.target.detach()
        with torch.no_grad():
            if seen.kind not in OF_QUANTITIES or output.shape == subject.target.shape:
                facts["prior_loss"] = prior_loss(subject.criterion, seen.kind, output, subject.target)
            facts["loss"] = float(subject.criterion(output, subject.target))
    return facts


def _gradients(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Tell of each weight whether the optimizer holds it and whether a gradient reaches it."""
    named = list(subject.model.named_parameters())
    held = None if subject.optimizer is None else {id(w) for group in subject.optimizer.param_groups for w in group["params"]}
    gradients = subject.gradients
    if gradients is None and subject.criterion is not None and subject.target is not None:
        gradients = _own_gradients(subject, named)
    weights = tuple(
        Weight(
            name=name,
            shape=tuple(weight.shape),
            is_trainable=weight.requires_grad,
            is_updated=held is None or id(weight) in held,
            gradient=_norm((gradients or {}).get(name)),
            is_finite=bool(torch.isfinite(weight).all()),
            is_symmetric=_is_symmetric(weight),
        )
        for name, weight in named
    )
    own = {id(weight) for _, weight in named}
    return {
        "weights": weights,
        "num_foreign": None if held is None else len(held - own),
        "has_gradients": gradients is not None,
    }


def _own_gradients(subject: Subject, named: Sequence[tuple[str, nn.Parameter]]) -> dict[str, Tensor | None]:
    """Return the gradient of the loss by name; `torch.autograd.grad` leaves `.grad` and its hooks alone."""
    trainable = [(name, weight) for name, weight in named if weight.requires_grad]
    with torch.enable_grad():
        output = subject.model(*subject.arguments, **subject.keywords)
        loss = subject.criterion(output, subject.target) if subject.criterion else next(tensors_in(output)).sum()
        found = torch.autograd.grad(loss, [weight for _, weight in trainable], allow_unused=True)
    return {name: gradient for (name, _), gradient in zip(trainable, found, strict=True)}


def _doubling(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Compare the loss of the batch given twice with its loss: 1 for a mean, 2 for a sum."""
    if subject.criterion is None or seen.output is None or seen.target is None or not seen.loss:
        return {}
    with torch.no_grad():
        twice = subject.criterion(torch.cat([seen.output] * 2), torch.cat([seen.target] * 2))
    return {"doubled": float(twice) / seen.loss}


@torch.no_grad()
def _in_eval(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Run the model in eval mode: twice alike? does a row depend on others? is it affine? does it look at its input?"""
    subject.model.eval()
    first = subject.call().float()
    facts: dict[str, Any] = {}
    scale = max(float(first.std()) if first.numel() > 1 else 0.0, SMALLEST)
    facts["unrepeatable"] = float((subject.call().float() - first).abs().max()) / scale
    rows = subject.num_rows
    if first.ndim == 0 or len(first) != rows or rows < 4:
        return facts
    facts["spread"] = float(first.std(dim=0).mean() / first.abs().mean().clamp_min(SMALLEST))
    half = rows // 2
    changed_end, changed_start = (
        subject.call(lambda tensor, part=part: _reversed(tensor, rows, part)).float()  # type: ignore[misc]
        for part in (slice(half, rows), slice(0, half))
    )
    moved = max(float((changed_end - first)[:half].abs().max()), float((changed_start - first)[half:].abs().max()))
    facts["mixing"] = moved / scale
    if subject.causal:
        facts["look_ahead"] = _look_ahead(subject, first, scale)
    single = [one for one in tensors_in((subject.arguments, dict(subject.keywords))) if one.is_floating_point()]
    matrices = sum(isinstance(module, MATRICES) for module in subject.model.modules())
    if len(single) == 1 and matrices > 1:
        facts["affine_error"] = _affine_error(subject, first)
    return facts


def _reversed(tensor: Tensor, rows: int, part: slice) -> Tensor:
    """Return a batch with some of its rows moved round by one and shifted a little, so that equal rows change too."""
    if tensor.ndim == 0 or len(tensor) != rows:
        return tensor
    changed = tensor.clone()
    moved = tensor[part].roll(1, dims=0)
    changed[part] = moved + tensor.std() if tensor.is_floating_point() and tensor.numel() > 1 else moved
    return changed


def _affine_error(subject: Subject, first: Tensor) -> float:
    """Return |f(a) + f(b) - f(a + b) - f(0)| by the spread of f: 0 for an affine network."""
    other = subject.call(lambda tensor: tensor.roll(1, dims=0)).float()
    both = subject.call(lambda tensor: tensor + tensor.roll(1, dims=0)).float()
    zero = subject.call(torch.zeros_like).float()
    return float((first + other - both - zero).abs().max() / (both - zero).abs().max().clamp_min(SMALLEST))


def _look_ahead(subject: Subject, first: Tensor, scale: float) -> float | None:
    """Return how much outputs before the last place change with the last place of the inputs."""

    def end_changed(tensor: Tensor) -> Tensor:
        if tensor.ndim < 2:
            return tensor
        changed = tensor.clone()
        changed[:, -1] = tensor[:, -1].roll(1, dims=0) + (1 if tensor.is_floating_point() else 0)
        return changed

    if first.ndim < 2 or first.shape[1] < 2:
        return None
    return float((subject.call(end_changed).float() - first)[:, :-1].abs().max()) / scale


def _norm(gradient: Tensor | None) -> float | None:
    if gradient is None:
        return None
    return float((gradient.coalesce().values() if gradient.is_sparse else gradient).float().norm())


def _is_symmetric(weight: Tensor) -> bool:
    """Return whether all rows of a matrix are equal and not zero."""
    if weight.ndim < 2 or len(weight) < 2 or weight[0].numel() < 2:
        return False
    return bool((weight == weight[:1]).all()) and bool((weight != 0).any())


def tensors_in(value: Any) -> Iterator[Tensor]:  # noqa: ANN401  a batch or an output is whatever a person made it
    """Yield the tensors within tuples, lists, mappings and dataclasses, in their order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from tensors_in(list(value.values()))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from tensors_in([getattr(value, one.name) for one in fields(value)])
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for one in value if isinstance(value, tuple | list) else ():
            yield from tensors_in(one)


def map_tensors(value: Any, change: Callable[[Tensor], Tensor]) -> Any:  # noqa: ANN401
    """Return a batch with every tensor changed; what holds no tensors stays as it is."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {name: map_tensors(one, change) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: map_tensors(getattr(value, one.name), change) for one in fields(value)})
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(one, change) for one in value))
    if isinstance(value, tuple | list):
        return type(value)(map_tensors(one, change) for one in value)
    return value
