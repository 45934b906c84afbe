"""Running a trained module over many rows: predictions and mean loss, without gradients, in eval mode."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from espalier.core.batch import Batch, Prediction, join
from espalier.core.records import IntArray
from espalier.tasks.task import Task

ROWS_AT_ONCE = 4096


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a module into eval mode without gradients for a block, and back into its mode after it."""
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(was_training)


def predict(model: nn.Module, task: Task, inputs: tuple[Tensor, ...], rows: IntArray) -> Prediction:
    """Return the task's predictions for all rows, in the scale of the prepared target.

    Args:
        model: any module that the task can call.
        task: turns outputs into predictions.
        inputs: each (N, ...), N 1 or more.
        rows: (N,) source rows.
    """
    with evaluating(model):
        return join(task.predict(model, batch) for batch in _in_order(inputs, None, torch.as_tensor(rows)))


def predict_and_loss(
    model: nn.Module, task: Task, inputs: tuple[Tensor, ...], target: Tensor, rows: IntArray
) -> tuple[Prediction, float]:
    """Return predictions and the mean loss over all rows, with one forward pass for both.

    Args:
        model: any module that the task can call.
        task: gives predictions and losses.
        inputs: each (N, ...), N 1 or more.
        target: (N,) or (N, K), prepared.
        rows: (N,) source rows.
    """
    total, parts = 0.0, []
    with evaluating(model):
        for batch in _in_order(inputs, target, torch.as_tensor(rows)):
            outputs = Replay(model(*batch.inputs))
            parts.append(task.predict(outputs, batch))
            total += sum(float(part) for part in task.losses(outputs, batch).values()) * len(batch.inputs[0])
    return join(parts), total / len(target)


class Replay(nn.Module):
    """Answers with outputs computed before, so that a task that asks twice costs one forward pass.

    Args:
        outputs: of a model, whatever it will be called with.
    """

    def __init__(self, outputs: Tensor) -> None:
        super().__init__()
        self.outputs = outputs

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the outputs, whatever the inputs."""
        return self.outputs


def _in_order(inputs: tuple[Tensor, ...], target: Tensor | None, rows: Tensor) -> Iterator[Batch]:
    for first in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        yield Batch(tuple(one[part] for one in inputs), None if target is None else target[part], rows[part])
