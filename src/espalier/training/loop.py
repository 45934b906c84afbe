"""The supervised loop: forward, backward, update, and a Step for whoever drives it. No callbacks."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, Protocol, TypeAlias

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from espalier.core.batch import Batch, Batches
from espalier.core.errors import InputError
from espalier.training.averaging import WeightAverage
from espalier.training.schedules import Schedule

Precision: TypeAlias = Literal["float32", "bfloat16"]


class Adapting(Protocol):
    """What the loop needs of a way from learnt weights on; see `training.adapt`."""

    def begin(self, epoch: int) -> None:
        """Let those parameters learn that learn in an epoch, counted from 0, and no others."""

    def settle(self) -> None:
        """Put frozen modules into eval mode, after the whole model was put into train mode."""

    def pull(self) -> None:
        """Add to the gradients what pulls back to the starting weights."""


class Learnable(Protocol):
    """What the loop needs of a task."""

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the loss parts of one batch, scalars; their sum is minimised."""


@dataclass(frozen=True)
class Way:
    """How the loop learns, besides the optimizer.

    Args:
        epochs: passes over the batches.
        schedule: factor on the optimizer's learning rates at each step; None keeps them.
        clip_norm: gradients are scaled down to this norm; None for no clipping.
        accumulate: batches whose mean gradient makes one update; a shorter rest of an epoch makes a smaller one.
        l1: factor of the sum of absolute weights, added through its gradient to every parameter that decays or is a matrix.
        precision: "bfloat16" runs the forward pass under autocast.
        average: takes in the weights after each update; None for none.
        adapting: says which parameters learn in each epoch; None lets all learn.
    """

    epochs: int = 1
    schedule: Schedule | None = None
    clip_norm: float | None = None
    accumulate: int = 1
    l1: float = 0.0
    precision: Precision = "float32"
    average: WeightAverage | None = None
    adapting: Adapting | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run stands: the next batch to be taken.

    Args:
        epoch: from 0.
        batch: within the epoch, from 0.
        step: updates done.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0


@dataclass(slots=True)
class Step:
    """One update, just done.

    Args:
        position: the next batch to be taken.
        losses: the parts of the last batch's loss, detached scalars.
        loss: their sum, which was minimised.
        learning_rate: of the first parameter group, at this update.
        gradient_norm: before clipping, when clipping is on; else None.
        is_last_of_epoch: whether the epoch ends here.
    """

    position: Position
    losses: dict[str, Tensor]
    loss: Tensor
    learning_rate: float
    gradient_norm: Tensor | None
    is_last_of_epoch: bool


def learn(
    model: nn.Module,
    task: Learnable,
    batches: Batches | Iterable[Any],
    optimizer: Optimizer,
    way: Way | None = None,
    start: Position | None = None,
) -> Iterator[Step]:
    """Train a model and yield after each update.

    Args:
        model: any module; it is called as `model(*batch.inputs)` by the task. It is in train mode when the loop takes a batch;
            a caller who evaluates between two steps may leave it in eval mode.
        task: its `losses` are minimised.
        batches: `Batches`, or anything that can be iterated once an epoch and gives `Batch` or `(inputs..., target)` tuples,
            such as a DataLoader.
        optimizer: over the model's parameters; its learning rates are the peak rates of the schedule.
        way: the rest; one epoch by default.
        start: where to begin, for a run that goes on.

    Yields:
        A Step after each update.

    Raises:
        InputError: an epoch without batches.

    Example:
        >>> from espalier.tasks.regression import Regression
        >>> x, model = torch.randn(64, 3), nn.Linear(3, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> steps = list(learn(model, Regression(), [(x, x.sum(1))], optimizer, Way(epochs=50)))
        >>> len(steps), float(steps[-1].losses["mse"]) < 1e-3
        (50, True)
    """
    way, start = way or Way(), start or Position()
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])
    step = start.step
    for epoch in range(start.epoch, way.epochs):
        weights = _learning_in(epoch, model, way)
        number = first = start.batch if epoch == start.epoch else 0
        for number, (batch, is_last) in enumerate(_epoch(batches, epoch, first), first + 1):
            if not model.training:
                _into_train_mode(model, way)
            if (number - 1) % way.accumulate == 0:
                optimizer.zero_grad(set_to_none=True)
            with _forward_context(way.precision, batch):
                losses = task.losses(model, batch)
                loss = _total(losses)
            (loss / way.accumulate if way.accumulate > 1 else loss).backward()  # type: ignore[no-untyped-call]  # torch has no types here
            if number % way.accumulate and not is_last:
                continue
            norm = _update(optimizer, weights, way, step)
            step += 1
            position = Position(epoch + 1, 0, step) if is_last else Position(epoch, number, step)
            parts = {name: part.detach() for name, part in losses.items()}
            yield Step(position, parts, loss.detach(), optimizer.param_groups[0]["lr"], norm, is_last)
        if number == first:
            raise InputError(f"Epoch {epoch} gave no batch. A generator runs dry after one epoch: give a list or a DataLoader.")


def _learning_in(epoch: int, model: nn.Module, way: Way) -> list[nn.Parameter]:
    """Return the parameters that learn in an epoch, with the model in train mode where some of it was frozen before."""
    if way.adapting is not None:
        way.adapting.begin(epoch)
        _into_train_mode(model, way)
    return [weight for weight in model.parameters() if weight.requires_grad]


def _into_train_mode(model: nn.Module, way: Way) -> None:
    """Put a model into train mode, and its frozen modules into eval mode."""
    model.train()
    if way.adapting is not None:
        way.adapting.settle()


def _epoch(batches: Batches | Iterable[Any], index: int, start: int) -> Iterator[tuple[Batch, bool]]:
    """Yield the batches of one epoch from whatever holds them, each with whether it is the last."""
    if isinstance(batches, Batches):
        last = len(batches) - 1
        for number, batch in enumerate(batches.epoch(index, start), start):
            yield batch, number == last
        return
    items = islice(iter(batches), start, None)
    held = next(items, None)
    while held is not None:
        following = next(items, None)
        yield held if isinstance(held, Batch) else Batch(tuple(held[:-1]), held[-1]), following is None
        held = following


def _update(optimizer: Optimizer, weights: list[nn.Parameter], way: Way, step: int) -> Tensor | None:
    """Make one update from the gradients at hand, and return their norm when clipping measured it."""
    if way.schedule is not None:
        factor = way.schedule(step)
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
    if way.l1:
        _add_l1_gradient(weights, way.l1)
    if way.adapting is not None:
        way.adapting.pull()
    norm = None if way.clip_norm is None else nn.utils.clip_grad_norm_(weights, way.clip_norm)
    optimizer.step()
    if way.average is not None:
        way.average.update()
    return norm


def _forward_context(precision: Precision, batch: Batch) -> AbstractContextManager[Any]:
    if precision == "bfloat16":
        return torch.autocast(batch.inputs[0].device.type, dtype=torch.bfloat16)
    return nullcontext()


def _total(losses: dict[str, Tensor]) -> Tensor:
    first, *rest = losses.values()
    for part in rest:
        first = first + part
    return first


@torch.no_grad()
def _add_l1_gradient(weights: list[nn.Parameter], factor: float) -> None:
    """Add the gradient of factor * sum |w| for every matrix; vectors (biases, norms) are spared."""
    for weight in weights:
        if weight.ndim > 1 and weight.grad is not None:
            weight.grad.add_(weight.sign(), alpha=factor)
