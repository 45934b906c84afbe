"""A training script as a person writes it, and a bug that is rebuilt in one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tasks import Data


@dataclass(frozen=True)
class Bug:
    """A fault that somebody made and reported.

    Args:
        name: unique.
        source: address of the thread, or the paper and its entry.
        fault: what the person did wrong, one sentence.
        ids: numbers of the signs that name it rightly, chosen from their pages; empty when no sign is about it.
        rebuild: True to the faulty script, False to its fixed twin.
    """

    name: str
    source: str
    fault: str
    ids: tuple[str, ...]
    rebuild: Callable[[bool], "Script"]


def _train_mode(script: "Script") -> None:
    script.model.train()


def _nothing(script: "Script") -> None:
    pass


def accuracy(output: Tensor, target: Tensor) -> float:
    return float((output.argmax(dim=1) == target).float().mean())


def accuracy_above(threshold: float) -> Callable[[Tensor, Tensor], float]:
    return lambda output, target: float(((output > threshold).float() == target).float().mean())


def token_accuracy(output: Tensor, target: Tensor) -> float:
    return accuracy(output.flatten(0, 1), target.flatten())


def next_tokens(model: nn.Module, x: Tensor) -> Tensor:
    """Return what a language model says after each token when it is given no later one, as in use."""
    return torch.stack([model(x[:, : length + 1])[:, -1] for length in range(x.shape[1])], dim=1)


def explained(output: Tensor, target: Tensor) -> float:
    """Return the share of the variance that is explained, at least -1."""
    target = target.reshape(output.shape)
    return max(1.0 - float((output - target).square().mean() / (target - target.mean(dim=0)).square().mean()), -1.0)


def update(script: "Script", loss: Tensor) -> None:
    script.optimizer.zero_grad()
    loss.backward()
    script.optimizer.step()


@dataclass
class Script:
    """What a training script consists of. Every field that is a function may be the line with the bug.

    Args:
        data: rows.
        model: what is trained.
        criterion: the loss, a module or a function.
        optimizer: None for Adam with a rate of 0.003 over the model's parameters.
        score: of output and target of the validation rows.
        num_epochs, batch_size: of the training.
        is_causal: the model must not look ahead.
        shuffles: the loader does.
        as_target: what the loop makes of a batch of targets.
        as_output: what the loop makes of the model's output before the loss; None when it goes in as it is.
        begin_epoch, end_batch, end_epoch: lines of the loop at these places.
        update: what is done with a loss.
        begin_validation: before the validation rows are run.
        predict: runs the model as it will be used.
    """

    data: Data
    model: nn.Module
    criterion: Callable[..., Tensor]
    optimizer: Any = None
    score: Callable[[Tensor, Tensor], float] = accuracy
    num_epochs: int = 8
    batch_size: int = 32
    is_causal: bool = False
    shuffles: bool = True
    as_target: Callable[[Tensor], Tensor] = field(default=lambda target: target)
    as_output: Callable[[Tensor], Tensor] | None = None
    begin_epoch: Callable[["Script"], None] = _train_mode
    end_batch: Callable[["Script"], None] = _nothing
    end_epoch: Callable[["Script"], None] = _nothing
    update: Callable[["Script", Tensor], None] = update
    begin_validation: Callable[["Script"], None] = field(default=lambda script: script.model.eval())
    predict: Callable[[nn.Module, Tensor], Tensor] = field(default=lambda model, x: model(x))

    def __post_init__(self) -> None:
        if self.optimizer is None:
            self.optimizer = torch.optim.Adam([one for one in self.model.parameters() if one.requires_grad], lr=3e-3)

    @property
    def num_steps(self) -> int:
        """How many batches the whole training has."""
        return self.num_epochs * (len(self.data.x) // self.batch_size)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batches of one epoch; rows that do not fill one are left out."""
        count = len(self.data.x)
        order = torch.randperm(count) if self.shuffles else torch.arange(count)
        for rows in order.split(self.batch_size):
            if len(rows) == self.batch_size:
                yield self.data.x[rows], self.data.y[rows]

    def loss_of(self, loss: Callable[..., Tensor], x: Tensor, y: Tensor) -> Tensor:
        """Return the loss of a batch."""
        output = self.model(x)
        return loss(self.as_output(output) if self.as_output else output, self.as_target(y))

    def run(self, loss: Callable[..., Tensor]) -> float:
        """Train, and return the score on the validation rows.

        Args:
            loss: the criterion as the doctor wants it called.
        """
        score = -1.0
        for _ in range(self.num_epochs):
            self.begin_epoch(self)
            for x, y in self.batches():
                self.update(self, self.loss_of(loss, x, y))
                self.end_batch(self)
            score = self.validate(loss)
            self.end_epoch(self)
        return score

    def validate(self, loss: Callable[..., Tensor]) -> float:
        """Return the score on the validation rows, as the script measures it."""
        data, size = self.data, min(self.batch_size, len(self.data.x_valid))
        self.begin_validation(self)
        with torch.no_grad():
            self.loss_of(loss, data.x_valid[:size], data.y_valid[:size])
            parts = [rows for rows in data.x_valid.split(size) if len(rows) == size]
            output = torch.cat([self.predict(self.model, rows) for rows in parts])
        return self.score(output, data.y_valid[: len(output)]) if torch.isfinite(output).all() else -1.0


class Apply(nn.Module):
    """A function as a module.

    Args:
        function: of one tensor.
    """

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """Run it."""
        return self.function(x)


def perceptron(*widths: int, activation: type[nn.Module] = nn.ReLU) -> list[nn.Module]:
    """Return matrices with activations between them, none after the last."""
    layers: list[nn.Module] = []
    for number, (before, after) in enumerate(zip(widths, widths[1:], strict=False)):
        layers += [activation()] * (number > 0) + [nn.Linear(before, after)]
    return layers


def if_faulty(is_faulty: bool, *modules: nn.Module) -> tuple[nn.Module, ...]:
    return modules if is_faulty else ()


def flat_cross_entropy(output: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(output.flatten(0, 1), target.flatten())
