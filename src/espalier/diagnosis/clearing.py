"""Clearing: whether gradients are cleared when they should be, and only then, as backward passes and updates tell."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from espalier.diagnosis.graph import leaves_of
from espalier.diagnosis.subject import tensors_in

FIRST_STEPS = 3  # in which each backward pass is looked at

Call = tuple[tuple[Any, ...], Mapping[str, Any]]


class Clearing:
    """Looks at the gradients that are there when a backward pass begins: in the first steps, and after one in eval mode.

    Args:
        model: being trained.
        optimizer: that trains it.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer) -> None:
        self.model, self.optimizer = model, optimizer
        self.uncleared = 0  # steps that added to gradients of an update already done
        self.left = 0  # steps that added to gradients of a backward pass in eval mode
        self.unused: list[bool] = []  # of the first steps: gradients of a batch before were cleared without an update
        self._has_stepped = self._is_uncleared = self._is_left = self._is_unused = False
        self._has_trained = self._is_eval_done = False
        self._before: tuple[Tensor, int] | None = None  # input of the loss before in this step, and versions of the weights
        self._hooks: list[RemovableHandle] = []

    @property
    def is_quiet(self) -> bool:
        """Whether the backward pass of the next loss is of no interest, if the model is in train mode."""
        return self._has_trained and not self._is_eval_done and self.model.training

    def saw_loss(self, loss: Tensor, num_steps: int, call: Call | None) -> None:
        """Look at the backward pass of a loss, if it is of interest.

        Args:
            loss: before its backward pass.
            num_steps: updates so far.
            call: what the model was called with for this loss; None when it was called more than once, or not at all.
        """
        is_training = self.model.training
        if num_steps > FIRST_STEPS and not self._is_eval_done and (is_training or not self._has_trained):
            return
        self._has_trained |= is_training
        given = next(tensors_in(call), None) if num_steps <= FIRST_STEPS else None
        loss.register_hook(lambda _: self._begins(loss, is_training, given))  # type: ignore[no-untyped-call]

    def _begins(self, loss: Tensor, is_training: bool, given: Tensor | None) -> None:
        held = [weight.grad for group in self.optimizer.param_groups for weight in group["params"] if weight.grad is not None]
        is_held = any(bool((one != 0).any()) for one in held)
        self._is_left = is_held and (self._is_left or (self._is_eval_done and is_training))
        self._is_eval_done = not is_training and self._has_trained
        if not is_held:
            self._is_uncleared = False
            self._is_unused |= self._was_for_another_batch(given)
        elif self._has_stepped:
            self._is_uncleared = True  # unless they are cleared before the next step: another optimizer's turn may come first
        self._has_stepped = False
        self._before = None
        if given is not None:
            self._note_when_gradients_come(loss, given)

    def _was_for_another_batch(self, given: Tensor | None) -> bool:
        """Return whether the loss before was of other rows, with the same weights: the same rows are asked again on purpose."""
        if given is None or self._before is None:
            return False
        rows, versions = self._before
        return versions == self._versions() and not (rows.shape == given.shape and torch.equal(rows, given))

    def _versions(self) -> int:
        return sum(weight._version for weight in self.model.parameters())

    def _note_when_gradients_come(self, loss: Tensor, given: Tensor) -> None:
        """Note the rows of a loss once it has given gradients: several losses of one backward pass begin together.

        A loss that teaches another model too is left out: that of a generator fills its judge's gradients on the way.
        """
        taught, own = leaves_of(loss, []), {id(weight) for weight in self.model.parameters()}
        if not taught or any(id(one) not in own for one in taught):
            return

        def come(_: Tensor) -> None:
            self._before = given, self._versions()

        hook = taught[0].register_post_accumulate_grad_hook(come)  # type: ignore[no-untyped-call]
        self._hooks.append(hook)

    def step_begins(self, num_steps: int) -> None:
        """Count what was not cleared, or cleared too early, when an update is about to be made.

        Args:
            num_steps: updates so far.
        """
        self.uncleared += self._is_uncleared
        self.left += self._is_left
        if num_steps < FIRST_STEPS:
            self.unused.append(self._is_unused)

    def step_ends(self) -> None:
        """Note that the gradients that are there have been used."""
        self._has_stepped = True
        self._is_unused = self._is_left = False
        self._before = None
        self.end()

    def step_passes(self) -> None:
        """Count an update before which no backward pass was looked at."""
        self.uncleared += self._is_uncleared
        self._has_stepped = True

    def end(self) -> None:
        """Look no more at when gradients come."""
        for one in self._hooks:
            one.remove()
        self._hooks = []
