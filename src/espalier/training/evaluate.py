"""Running a trained module over many rows: predictions and mean loss, without gradients, in eval mode."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from espalier.core.batch import Batch, Prediction, join
from espalier.tasks.task import Task


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a module into eval mode without gradients for a block, and each of its parts back into its mode after it."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, was_training in modes:
            module.training = was_training


def predict(model: nn.Module, task: Task, batches: Iterable[Batch]) -> Prediction:
    """Return the task's predictions for all rows, in the scale of the prepared target.

    Args:
        model: any module that the task can call.
        task: turns outputs into predictions.
        batches: in the order of the answers; at least one.
    """
    with evaluating(model):
        return join(task.predict(model, batch) for batch in batches)


def predict_and_loss(model: nn.Module, task: Task, batches: Iterable[Batch]) -> tuple[Prediction, float]:
    """Return predictions and the mean loss over all rows, with one forward pass for both.

    Args:
        model: any module that the task can call.
        task: gives predictions and losses.
        batches: with targets; at least one.
    """
    total, num_rows, parts = 0.0, 0, []
    with evaluating(model):
        for batch in batches:
            outputs = Replay(model(*batch.inputs))
            parts.append(task.predict(outputs, batch))
            total += sum(float(part) for part in task.losses(outputs, batch).values()) * len(batch.inputs[0])
            num_rows += len(batch.inputs[0])
    return join(parts), total / num_rows


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
