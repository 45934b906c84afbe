"""Twins: a healthy run, and the same run with one fault; same data, same first weights, same order of batches."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from faults import FAULTS
from torch import Tensor, nn

from tasks import TASKS, Data, Task

OPTIMIZERS = ("SGD", "Adam", "AdamW")
NUM_DOSES = 5
CRITERIA = {
    "binary": nn.BCEWithLogitsLoss,
    "classes": nn.CrossEntropyLoss,
    "tokens": nn.CrossEntropyLoss,
    "quantity": nn.MSELoss,
}


def _as_it_is(value: Any) -> Any:
    return value


@dataclass
class Twin:
    """One run before it starts; a fault changes it.

    Args:
        task: what is to be learnt.
        seed: of the split, the weights and the order of the batches.
        data: rows.
        model: `nn.Sequential(body, head, ...)`.
        criterion: the loss.
        optimizer: "SGD" (with momentum), "Adam" or "AdamW".
        learning_rate, weight_decay, batch_size, num_steps: of the training.
        as_target: what the loop makes of the targets before the loss.
        as_class: what the loop makes of the outputs to count right answers; None for the usual way.
        held: the weights that the optimizer is given, from the model; None for all that are trainable.
        clip: largest norm of the gradients.
        decay: of the learning rate at each step.
        clears, steps: the loop calls zero_grad, and step.
        trains_in_eval_mode, validates_in_train_mode: the loop forgot to switch.
    """

    task: Task
    seed: int
    data: Data
    model: nn.Sequential
    criterion: nn.Module
    optimizer: str
    learning_rate: float
    weight_decay: float = 0.0
    batch_size: int = 32
    num_steps: int = 240
    as_target: Callable[[Tensor], Tensor] = field(default=_as_it_is)
    as_class: Callable[[Tensor], Tensor] | None = None
    held: Callable[[nn.Module], list[nn.Parameter]] | None = None
    clip: float | None = None
    decay: float = 1.0
    clears: bool = True
    steps: bool = True
    trains_in_eval_mode: bool = False
    validates_in_train_mode: bool = False

    def make_optimizer(self):
        """Return the optimizer over the weights it is to hold."""
        weights = self.held(self.model) if self.held else [one for one in self.model.parameters() if one.requires_grad]
        if self.optimizer == "SGD":
            return torch.optim.SGD(weights, lr=self.learning_rate, momentum=0.9, weight_decay=self.weight_decay)
        kind = torch.optim.Adam if self.optimizer == "Adam" else torch.optim.AdamW
        return kind(weights, lr=self.learning_rate, weight_decay=self.weight_decay)


def healthy(name, seed, optimizer):
    """Return the healthy run of a task.

    Args:
        name: of the task.
        seed: chooses split, weights and order.
        optimizer: one of OPTIMIZERS.
    """
    task = TASKS[name]
    data = task.read(seed)
    torch.manual_seed(seed)
    rate = task.learning_rates[optimizer != "SGD"]
    decay = 0.01 if optimizer == "AdamW" else 0.0
    return Twin(task, seed, data, task.build(data), CRITERIA[task.kind](), optimizer, rate, decay)


def sick(twin, kind, dose):
    """Return a copy of a healthy run with one fault, or None when the task cannot have it.

    Args:
        twin: as `healthy` made it, not yet trained.
        kind: for example "A7".
        dose: 0, the weakest, to 4.
    """
    torch.manual_seed(twin.seed)
    changed = replace(twin, model=copy.deepcopy(twin.model), criterion=copy.deepcopy(twin.criterion))
    return changed if FAULTS[kind].seed(changed, dose) is not False else None


def loss_of(twin, criterion, output, target):
    """Return the loss as the loop of this run computes it."""
    if twin.task.kind == "tokens":
        output, target = output.flatten(0, 1), target.flatten()
    return criterion(output, twin.as_target(target))


def share_right(twin, output, target):
    """Return the share of right answers; for texts, of the last token alone, which nothing can be copied for.

    Args:
        twin: says how its loop turns outputs to classes.
        output: of the model.
        target: as it is in the data.
    """
    if twin.task.kind == "tokens":
        output, target = output[:, -1], target[:, -1]
    if twin.as_class:
        answer = twin.as_class(output)
    else:
        answer = (output > 0).float() if twin.task.kind == "binary" else output.argmax(dim=1)
    return float((answer.view(target.shape) == target).float().mean())


def score(twin, output, target):
    """Return the share of right answers, or of the variance that is explained, at least -1."""
    if not torch.isfinite(output).all():
        return -1.0
    if twin.task.kind != "quantity":
        return share_right(twin, output, target)
    return max(1.0 - float((output - target).square().mean() / target.var()), -1.0)


def score_of_constant(twin):
    """Return the score of the best answer that looks at no input."""
    known, asked = (part[:, -1] if twin.task.kind == "tokens" else part for part in (twin.data.y, twin.data.y_valid))
    return 0.0 if twin.task.kind == "quantity" else float((asked == known.flatten().mode().values).float().mean())
