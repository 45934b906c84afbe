"""Probes: a few passes over one batch that show how model, loss and optimizer are put together. Nothing is trained.

Each probe stands alone: one that a model cannot bear is left out, and said so. The passes run inside `preserved`, so a training
that was probed goes on as if it had not been, to the last bit.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.optim import SGD, Optimizer

from espalier.diagnosis.eval_passes import adding, cutting, in_eval, looking_ahead, mixing, repeating, spreading
from espalier.diagnosis.finite import is_finite
from espalier.diagnosis.first_steps import stepping
from espalier.diagnosis.first_weights import NORMS, frozen_as_drawn, gains, is_new_norm
from espalier.diagnosis.forward_pass import READERS, forward
from espalier.diagnosis.preserved import preserved
from espalier.diagnosis.subject import Subject, tensors_in
from espalier.diagnosis.wiring import Weight, Wiring
from espalier.tasks.loss_kind import OF_QUANTITIES, LossKind, kind_of, prior_loss

ALIKE = 0.3  # distance of gradients from their mean, by their size: rows that begin equal and have such stay nearly equal
SMALLEST_REST = 1e-3  # of 1 - momentum
EQUAL = 1e-5  # the same for weights that are no torch matrix, and may be factors of the members of an ensemble


def probe(subject: Subject) -> Wiring:
    """Return what the probes see. The model, its gradients and all random states stay as they are.

    Args:
        subject: model, batch, loss and optimizer.
    """
    model, unlooked = subject.model, list[str]()
    inputs = tuple(one.detach() for one in tensors_in(subject.arguments) if one.is_floating_point())
    seen = Wiring(
        kind_of(subject.criterion),
        long_run_rate=_long_run_rate(subject.optimizer),
        batch_size=subject.num_rows,
        inputs=inputs,
        model_in_eval=not model.training,
        **_modules(model),
    )

    def attempt(look: Callable[..., Any], *given: Any) -> Any:  # noqa: ANN401  whatever the probe returns
        try:
            return look(subject, *given)
        except Exception as error:  # noqa: BLE001  whatever a person's model raises, the training must go on
            unlooked.append(f"{look.__name__}: {type(error).__name__}: {error}")
            return None

    with preserved(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the loop itself gives them
        for look in (forward, losses, weights, reach, doubling, drawing, stepping):
            seen = replace(seen, **(attempt(look, seen) or {}))
        first = None if seen.output is None else attempt(in_eval)
        for pass_ in (repeating, mixing, spreading, adding, looking_ahead, cutting) if first is not None else ():
            seen = replace(seen, **(attempt(pass_, seen, first) or {}))
    return replace(seen, unlooked=tuple(unlooked))


def _long_run_rate(optimizer: Optimizer | None) -> float | None:
    if not isinstance(optimizer, SGD):
        return None
    return max(float(group["lr"]) / max(1.0 - float(group["momentum"]), SMALLEST_REST) for group in optimizer.param_groups)


def _modules(model: nn.Module) -> dict[str, Any]:
    named = list(model.named_modules())
    return {
        "batch_norms": tuple(name for name, module in named if isinstance(module, _BatchNorm)),
        "fresh_norms": tuple(name for name, module in named if isinstance(module, NORMS) and is_new_norm(module)),
        "dropouts": {name: float(module.p) for name, module in named if isinstance(module, _DropoutNd)},
    }


def losses(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Return the target, the loss of the batch, and that of the best constant answer to it."""
    if subject.criterion is None or seen.output is None or not isinstance(subject.target, Tensor):
        return {}
    output, target = seen.output, subject.target.detach()
    facts: dict[str, Any] = {"target": target}
    with torch.no_grad():
        if seen.kind not in OF_QUANTITIES or output.shape == target.shape:
            facts["prior_loss"] = prior_loss(subject.criterion, seen.kind, output, target)
        facts["loss"] = float(subject.criterion(output, target))
        if seen.kind is LossKind.UNKNOWN and _is_flattened(output, target):
            facts["reshaped_loss"] = float(subject.criterion(output.reshape(target.shape), target))
    return facts


def _is_flattened(output: Tensor, target: Tensor) -> bool:
    """Return whether the one is (N, 1) and the other (N,), with several rows."""
    return {output.ndim, target.ndim} == {1, 2} and output.numel() == target.numel() == len(target) == len(output) > 1


def weights(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Tell of each weight whether the optimizer holds it and, when the training loop gave gradients, whether one reaches it."""
    return _described(subject, subject.gradients)


def reach(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Compute gradients where the training loop gave none."""
    if subject.gradients is not None or subject.criterion is None or subject.target is None:
        return {}
    trainable = [(name, weight) for name, weight in subject.model.named_parameters() if weight.requires_grad]
    with torch.enable_grad():
        output = subject.model(*subject.arguments, **subject.keywords)
        loss = subject.criterion(output, subject.target)
        found = torch.autograd.grad(loss, [weight for _, weight in trainable], allow_unused=True)
    return _described(subject, {name: gradient for (name, _), gradient in zip(trainable, found, strict=True)})


def drawing(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Look which weights are as they were drawn, and how large those are."""
    return {"gains": gains(subject.model), "frozen_as_drawn": frozen_as_drawn(subject.model)}


def doubling(subject: Subject, seen: Wiring) -> dict[str, Any]:
    """Compare the loss of the batch given twice with its loss: 1 for a mean, 2 for a sum."""
    if subject.criterion is None or seen.output is None or seen.target is None or not seen.loss:
        return {}
    with torch.no_grad():
        twice = subject.criterion(torch.cat([seen.output] * 2), torch.cat([seen.target] * 2))
    return {"doubled": float(twice) / seen.loss}


def _described(subject: Subject, gradients: Mapping[str, Tensor | None] | None) -> dict[str, Any]:
    named = list(subject.model.named_parameters())
    held = None if subject.optimizer is None else {id(w) for group in subject.optimizer.param_groups for w in group["params"]}
    blocks = _blocks(subject.model)
    described = tuple(
        Weight(
            name=name,
            shape=tuple(weight.shape),
            is_trainable=weight.requires_grad,
            is_updated=held is None or id(weight) in held,
            gradient=_norm((gradients or {}).get(name)),
            is_finite=is_finite(weight),
            is_symmetric=_is_symmetric(weight, (gradients or {}).get(name), blocks.get(id(weight))),
            is_zero=not (bool(weight.flatten()[:1].any()) or bool(weight.any())),
            is_constant=id(weight) in blocks and _is_constant(weight),
        )
        for name, weight in named
    )
    own = {id(weight) for _, weight in named}
    return {
        "weights": described,
        "num_foreign": None if held is None else len(held - own),
        "has_gradients": gradients is not None,
    }


def _norm(gradient: Tensor | None) -> float | None:
    if gradient is None:
        return None
    return float((gradient.coalesce().values() if gradient.is_sparse else gradient).float().norm())


def _blocks(model: nn.Module) -> dict[int, int]:
    """Return for each weight of a torch matrix how many rows belong together: those of one gate, or all."""
    found: dict[int, int] = {}
    for module in model.modules():
        for weight in module.parameters(recurse=False) if isinstance(module, READERS) else ():
            is_gated = isinstance(module, nn.RNNBase | nn.MultiheadAttention) and weight.ndim > 1
            size = getattr(module, "hidden_size", getattr(module, "embed_dim", 0)) if is_gated else 0
            found[id(weight)] = size if size and len(weight) % size == 0 else len(weight)
    return found


def _is_constant(weight: Tensor) -> bool:
    if weight.ndim < 2 or weight.numel() < 2:
        return False
    first = weight[0].flatten()  # looked at before all others: it tells of nearly every weight
    return bool((first == first[:1]).all()) and bool((first[:1] != 0).any()) and bool((weight == first[0]).all())


def _is_symmetric(weight: Tensor, gradient: Tensor | None, block: int | None) -> bool:
    """Return whether the rows of one block are equal and not zero, and get gradients that keep them so."""
    if gradient is None or gradient.is_sparse or weight.ndim < 2 or len(weight) < 2 or weight[0].numel() < 2:
        return False
    limit = EQUAL if block is None else ALIKE
    size = block or len(weight)
    for rows, slopes in zip(torch.split(weight, size), torch.split(gradient.float(), size), strict=True):
        if len(rows) > 1 and torch.equal(rows[0], rows[1]) and bool((rows == rows[:1]).all()) and bool((rows != 0).any()):
            apart = float((slopes - slopes.mean(dim=0)).norm())
            if apart <= limit * float(slopes.norm()):
                return True
    return False
