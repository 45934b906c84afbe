"""The doctor beside our own loop: a task whose losses are looked at on their way to the loop."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from espalier.core.batch import Batch
from espalier.diagnosis.preserved import preserved
from espalier.diagnosis.probes import probe
from espalier.diagnosis.subject import Subject
from espalier.diagnosis.watch import Doctor, watch
from espalier.diagnosis.wiring import Wiring
from espalier.tasks.loss_kind import LossKind
from espalier.tasks.outputs import outputs_and_target
from espalier.tasks.task import Task
from espalier.tasks.yes_or_no import share_of_yes
from espalier.training.evaluate import Replay

KINDS = {
    ("binary", "cross_entropy"): LossKind.BINARY_LOGITS,
    ("multilabel", "cross_entropy"): LossKind.BINARY_LOGITS,
    ("multiclass", "cross_entropy"): LossKind.CROSS_ENTROPY,
    ("regression", "mse"): LossKind.SQUARED,
    ("regression", "mae"): LossKind.ABSOLUTE,
    ("regression", "huber"): LossKind.ABSOLUTE,
}


class TaskLoss:
    """A task as a criterion: `loss(output, target)` of one member's outputs (B, K).

    Args:
        task: any task.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.kind = KINDS.get((task.name, getattr(task, "loss", "cross_entropy")), LossKind.UNKNOWN)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the sum of the task's losses."""
        first, *rest = self.task.losses(Replay(output), Batch((output,), target)).values()
        return sum(rest, start=first)

    def comparable(self, output: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return output (B x E, K) and target, of one shape where the loss compares them element by element."""
        flat, target = outputs_and_target(Replay(output), batch, self.task.num_outputs)
        if self.kind in (LossKind.UNKNOWN, LossKind.CROSS_ENTROPY):
            return flat, target
        target = share_of_yes(target) if self.kind is LossKind.BINARY_LOGITS and flat.shape[1] == 1 else target
        return flat, target.reshape(flat.shape).to(flat.dtype)


class WatchedTask:
    """A task whose losses a doctor sees on their way to the loop.

    Args:
        task: that the loop asks.
        doctor: of the training.
        criterion: of the task.
    """

    def __init__(self, task: Task, doctor: Doctor, criterion: TaskLoss) -> None:
        self.task, self.doctor, self.criterion = task, doctor, criterion
        self.output: Tensor | None = None  # of the model, in the newest pass that learns

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the task's losses, as they are."""
        parts = self.task.losses(model, batch)
        first, *rest = parts.values()
        self.doctor.saw(lambda: self._comparable(batch), sum(rest, start=first))
        return parts

    def keep(self, module: nn.Module, inputs: object, output: Tensor) -> None:
        """Keep the output of a pass that learns: a forward hook of the model."""
        if torch.is_grad_enabled():
            self.output = output.detach()

    def _comparable(self, batch: Batch) -> tuple[Tensor, Tensor]:
        if self.output is None:
            raise ValueError("the task did not call the model")
        return self.criterion.comparable(self.output, batch)


def look_at(model: nn.Module, task: Task, batch: Batch, optimizer: Optimizer) -> Wiring:
    """Return what the probes see of a network, its task and one batch, before the first step.

    Args:
        model: in the mode in which it will be trained.
        task: the question.
        batch: the first one.
        optimizer: that will train the model.
    """
    criterion = TaskLoss(task)
    named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    with preserved(model), torch.enable_grad():
        output = model(*batch.inputs)
        parts = list(task.losses(Replay(output), batch).values())
        found = torch.autograd.grad(sum(parts[1:], start=parts[0]), [weight for _, weight in named], allow_unused=True)
    gradients = {name: gradient for (name, _), gradient in zip(named, found, strict=True)}
    seen, target = criterion.comparable(output.detach(), batch)
    return probe(Subject(model, batch.inputs, {}, target, criterion, optimizer, seen, gradients))


@contextmanager
def watch_task(model: nn.Module, task: Task, optimizer: Optimizer, planned_steps: int) -> Iterator[tuple[Doctor, WatchedTask]]:
    """Watch a training of our own loop for a block.

    Args:
        model: being trained.
        task: the question.
        optimizer: that trains the model.
        planned_steps: how many there will be at most.

    Yields:
        The doctor, and the task to be given to the loop.
    """
    criterion = TaskLoss(task)
    with watch(model, optimizer, criterion, planned_steps=planned_steps) as doctor:
        watched = WatchedTask(task, doctor, criterion)
        hook = model.register_forward_hook(watched.keep)
        try:
            yield doctor, watched
        finally:
            hook.remove()
