"""Evaluations: what is seen of the rows that a training loop looks at without learning from them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from espalier.core.batch import FloatArray
from espalier.diagnosis.course import Evaluation
from espalier.diagnosis.significance import z_of_mean
from espalier.diagnosis.subject import tensors_in
from espalier.tasks.loss_kind import BY_CLASS, LossKind

MAX_ROWS = 20_000  # of one evaluation: enough for its error
LIMITS = {LossKind.BINARY_LOGITS: 0.0, LossKind.BINARY: 0.5}  # from where on the answer is yes


class Evaluations:
    """Notes the mode of the model in every evaluation, and errors of the newest one.

    Args:
        kind: of the loss.
    """

    def __init__(self, kind: LossKind) -> None:
        self.kind = kind
        self.modes: list[bool] = []
        self._step = -1
        self._parts: list[tuple[Tensor, Tensor]] = []
        self._losses: list[tuple[Tensor, int]] = []
        self._num_rows = 0

    def add(self, step: int, given: Callable[[], tuple[Any, Any]], loss: Tensor, *, is_training: bool) -> None:
        """Look at a batch that is not learnt from.

        Args:
            step: updates so far; batches between two updates are one evaluation.
            given: returns the output and the target that the criterion got.
            loss: of the batch.
            is_training: the model is in train mode.
        """
        self.modes.append(is_training)
        if step != self._step:
            self._step, self._parts, self._losses, self._num_rows = step, [], [], 0
        if self._num_rows > MAX_ROWS:
            return
        output, target = given()
        first = next(tensors_in(output), None)
        part = None if first is None or not isinstance(target, Tensor) else answered(self.kind, first.detach(), target.detach())
        if part is not None:
            self._parts.append(part)
            self._losses.append((loss.detach().mean(), len(part[1])))
            self._num_rows += len(part[1])

    def newest(self) -> Evaluation | None:
        """Return the newest evaluation; None where there was none, or the loss does not tell what an error is."""
        if not self._parts:
            return None
        answers, targets = (torch.cat(parts).double().cpu() for parts in zip(*self._parts, strict=True))
        if self.kind is LossKind.SQUARED:
            own, constant = (answers - targets).square(), (targets - targets.mean()).square()
        else:
            own, constant = (answers != targets).double(), (targets != targets.mode().values).double()
        z = z_of_mean((constant - own).numpy())
        loss = sum(float(value) * rows for value, rows in self._losses) / len(targets)
        return Evaluation(self._step, len(targets), loss, float(own.mean()), float(constant.mean()), z)


def answered(kind: LossKind, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
    """Return (N,) answers and targets; None where the loss does not tell which they are.

    Args:
        kind: of the loss.
        output: what the criterion was given.
        target: as the criterion takes it.
    """
    if kind in BY_CLASS:
        is_plain = output.ndim > 1 and not target.is_floating_point() and output[:, 0].shape == target.shape
        return (output.argmax(dim=1).flatten(), target.flatten()) if is_plain else None
    if output.shape != target.shape:
        return None
    if kind in LIMITS:
        return (output > LIMITS[kind]).flatten(), (target > 0.5).flatten()
    return (output.flatten(), target.flatten()) if kind is LossKind.SQUARED else None


def errors_of(kind: LossKind, output: Tensor, target: Tensor) -> FloatArray | None:
    """Return (N,) 1 for each wrong answer and 0 for a right one, or squared errors by the variance of the targets.

    None where the loss does not tell which the answers are, or targets do not vary.
    """
    part = answered(kind, output, target)
    if part is None:
        return None
    answers, targets = (one.double().cpu() for one in part)
    if kind is not LossKind.SQUARED:
        return (answers != targets).double().numpy()
    variance = float(targets.var(correction=0))
    return ((answers - targets).square() / variance).numpy() if variance > 0 else None
