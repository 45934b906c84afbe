"""Watch: a doctor beside any PyTorch training loop. It looks on through hooks, and never changes what it watches.

    with espalier.watch(model, optimizer, loss=criterion) as doctor:
        for inputs, target in loader:
            optimizer.zero_grad()
            criterion(model(inputs), target).backward()
            optimizer.step()
    doctor.findings

A criterion that is a module is watched as it is; a function is called through the doctor: `doctor.loss(output, target)`.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from espalier.core.finding import Finding
from espalier.diagnosis.afterwards import Afterwards
from espalier.diagnosis.clearing import FIRST_STEPS, Clearing
from espalier.diagnosis.course import Course
from espalier.diagnosis.evaluations import Evaluations
from espalier.diagnosis.examine import examine, in_order
from espalier.diagnosis.finite import is_finite
from espalier.diagnosis.prior import Prior
from espalier.diagnosis.probes import probe
from espalier.diagnosis.sampler import Sampler
from espalier.diagnosis.subject import Subject, tensors_in
from espalier.diagnosis.target_order import TargetOrder
from espalier.diagnosis.wiring import Wiring
from espalier.tasks.loss_kind import Criterion, kind_of

BUFFER = 256  # losses
MODED = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._BatchNorm)


class Doctor:
    """What is known of a training so far.

    Args:
        model: being trained.
        optimizer: that trains it.
        criterion: the loss; None when it is not watched.
        planned_steps: how many steps there will be; None when it is not known.
        causal: the model must not look ahead along dimension 1 of its inputs.
    """

    def __init__(
        self, model: nn.Module, optimizer: Optimizer, criterion: Criterion | None, planned_steps: int | None, causal: bool
    ) -> None:
        self.model, self.optimizer, self.criterion, self.planned_steps = model, optimizer, criterion, planned_steps
        self.causal = causal
        self.kind = kind_of(criterion)
        self.wiring: Wiring | None = None
        self.problems: list[str] = []
        self._losses: list[float] = []
        self._newest: list[Tensor] = []  # not yet numbers: reading one waits for the device
        self._prior = Prior(criterion, self.kind)
        self._call: tuple[tuple[Any, ...], Mapping[str, Any]] | None = None
        self._seen: tuple[Tensor, Any] | None = None
        self._afterwards = Afterwards(model, optimizer, criterion, self.kind)
        self._steps = 0
        self._calls_in_step = 0
        self._is_mixed = False  # several losses make one step: none of them alone tells how it goes
        self._clearing = Clearing(model, optimizer)
        self._reached: set[str] = set()  # in the first steps: a gate that begins at zero opens after one or two
        self._modes: list[bool] = []
        self._later_modes: set[bool] = set()  # of steps after the first evaluation
        self._is_evaluating = False
        self._evaluations = Evaluations(self.kind)
        self._order = TargetOrder()
        self._has_modes = any(isinstance(module, MODED) and getattr(module, "p", 1.0) > 0 for module in model.modules())
        self._spent = 0.0
        self.sampler = Sampler(model, optimizer)
        self._is_probing = False
        self._is_quiet = False  # nothing but the loss itself is wanted of the coming losses
        self._is_still = False  # nor anything of the coming step but its rate

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, worst first; what follows from another finding names it as its cause."""
        wiring = () if self.wiring is None else examine(self.wiring)
        return in_order([*wiring, *examine(self.course)])

    @property
    def unlooked(self) -> tuple[str, ...]:
        """What could not be looked at, and why."""
        return tuple(dict.fromkeys([*(self.wiring.unlooked if self.wiring else ()), *self.problems]))

    @property
    def course(self) -> Course:
        """What was seen while the training ran, and what the model was asked when it was over."""
        self._read_losses()
        trained = [one.name for one in self.wiring.trained] if self.wiring else []
        unreached = [name for name in trained if name not in self._reached] if self._steps >= FIRST_STEPS else []
        made = [(name, weight) for name, weight in self.model.named_parameters() if not is_lazy(weight)]
        broken = [name for name, weight in made if not is_finite(weight)]
        seen = Course(
            losses=np.array(self._losses),
            samples=tuple(self.sampler.samples),
            sum_of_rates=self.sampler.sum_of_rates,
            rests_from=self.sampler.rests_from,
            prior_loss=None if self._is_mixed else self._prior.value(),
            num_updates=self._steps,
            planned_steps=self.planned_steps,
            uncleared=self._clearing.uncleared,
            left=self._clearing.left,
            unused=tuple(self._clearing.unused),
            unreached=tuple(unreached),
            is_evaluated_in_train_mode=self._has_modes and bool(self._evaluations.modes) and all(self._evaluations.modes),
            is_trained_in_eval_mode=self._has_modes and bool(self._modes) and not any(self._modes),
            is_left_in_eval_mode=self._has_modes and any(self._modes) and self._later_modes == {False},
            class_surplus=self._order.surplus(),
            evaluation=self._evaluations.newest(),
            non_finite_weights=tuple(broken),
        )
        if seen.is_late and not (self._is_mixed or broken):
            self.guard(self._afterwards.ask, seen.samples)
        return replace(seen, answers=self._afterwards.answers)

    def loss(self, output: Any, target: Any) -> Tensor:  # noqa: ANN401  whatever the criterion takes
        """Return the criterion's loss, and look at it. For a criterion that is a function; a module needs no such call."""
        if self.criterion is None:
            raise ValueError("watch(...) was given no loss; give it one, for example loss=torch.nn.functional.mse_loss")
        value = self.criterion(output, target)
        if not isinstance(self.criterion, nn.Module):
            self.saw(lambda: (output, target), value)
        return value

    def saw(self, given: Callable[[], tuple[Any, Any]], loss: Tensor) -> None:
        """Look at a loss that was computed elsewhere.

        Args:
            given: returns the output and the target that the criterion got; it is called in the first steps, and now and then.
            loss: before its backward pass.
        """
        is_quiet = self._is_quiet and not (self._afterwards.is_turn or self._is_probing)
        if is_quiet and loss.requires_grad and self.model.training:
            if self._order.is_wanted:
                self.guard(self._order.look, given)
            began = time.perf_counter()
            self._note(loss)
            self._afterwards.loss_is_done()
            self._spent += time.perf_counter() - began
        else:
            self.guard(self._saw_loss, given, loss)

    def guard(self, look: Callable[..., None], *given: Any) -> None:  # noqa: ANN401
        """Look, and whatever goes wrong while looking, let the training go on.

        Args:
            look: a method of the doctor.
            given: its arguments.
        """
        if self._is_probing:
            return
        began = time.perf_counter()
        self._is_probing = True
        try:
            look(*given)
        except Exception as error:  # noqa: BLE001  the doctor never breaks what it watches
            self.problems.append(f"{look.__name__.strip('_')}: {type(error).__name__}: {error}")
        finally:
            self._is_probing = False
            self._spent += time.perf_counter() - began

    def saw_inputs(self, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        """Look at what the model is called with, before its forward pass."""
        self._is_evaluating = not torch.is_grad_enabled()
        if self._is_evaluating:
            return
        if self.wiring is None:
            self._call = (arguments, keywords)
        self._afterwards.saw_inputs(arguments, keywords)
        if self._steps < FIRST_STEPS:
            self._modes.append(self.model.training)
        elif self._evaluations.modes:
            self._later_modes.add(self.model.training)
        self.sampler.forward_begins(self._steps + 1)

    def _saw_loss(self, given: Callable[[], tuple[Any, Any]], value: Tensor) -> None:
        if not value.requires_grad:
            if self._is_evaluating:  # and not a loss looked at on the way, of an output cut from its graph
                self._evaluations.add(self._steps, given, value, is_training=self.model.training)
            return
        self._is_still = False
        self._note(value)
        if self.wiring is None or not self._prior.is_full or self._afterwards.is_wanted or self._order.is_wanted:
            self._saw_batch(*given())
        self._clearing.saw_loss(value, self._steps, self._afterwards.only_call)
        self._afterwards.loss_is_done()
        self._is_quiet = (
            self._steps > FIRST_STEPS and self.wiring is not None and self._prior.is_full and self._clearing.is_quiet
        )

    def _note(self, value: Tensor) -> None:
        self._calls_in_step += 1
        loss = value if value.ndim == 0 else value.detach().mean()
        if loss.is_cpu:  # nothing to wait for
            self._losses.append(loss.item())
            return
        self._newest.append(loss.detach().clone())
        if len(self._newest) >= BUFFER:
            self._read_losses()

    def _saw_batch(self, output: Any, target: Any) -> None:  # noqa: ANN401
        first = next(tensors_in(output), None)
        if first is None:
            return
        if self.wiring is None:
            self._seen = (first.detach(), target)
        self._prior.add(first, target)
        self._order.add(target)
        self._afterwards.saw_batch(first, target)

    def _read_losses(self) -> None:
        if self._newest:
            self._losses += torch.stack([loss.float() for loss in self._newest]).tolist()
            self._newest = []

    def step_begins(self) -> None:
        """Look before an update, when its gradients are there."""
        self._is_mixed |= self._calls_in_step > 1
        self._clearing.step_begins(self._steps)
        if self._steps < FIRST_STEPS:
            self._reached |= {
                name
                for name, weight in self.model.named_parameters()
                if name not in self._reached and weight.grad is not None and bool((weight.grad != 0).any())
            }
        if self.wiring is None and self._call is not None:
            self._probe()
        self.sampler.step_begins(self._steps + 1)

    def _probe(self) -> None:
        """Probe the wiring with the first batch, before its update."""
        arguments, keywords = self._call or ((), {})
        output, target = self._seen if self._seen else (None, None)
        gradients = {name: weight.grad for name, weight in self.model.named_parameters()}
        self.wiring = probe(
            Subject(
                self.model,
                arguments,
                keywords,
                target,
                self.criterion if self._seen else None,
                self.optimizer,
                output,
                gradients,
                self.causal,
                self.planned_steps,
            )
        )
        self._call = self._seen = None

    def step_ends(self) -> None:
        """Look after an update."""
        self._steps += 1
        self._calls_in_step = 0
        self._clearing.step_ends()
        self.sampler.step_ends(self._steps, self._spent)
        self._is_still = self._is_quiet and self._steps + 1 < self.sampler.next


def _forward_begins(doctor: Doctor, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
    """Look at what the model is called with, before its forward pass, if there is more to see than its mode."""
    is_still = doctor._is_still and not (doctor._afterwards.is_turn or doctor._is_probing)
    if is_still and doctor.model.training and torch.is_grad_enabled():
        doctor._is_evaluating = False
        if doctor._evaluations.modes:
            doctor._later_modes.add(True)
    else:
        doctor.guard(doctor.saw_inputs, arguments, keywords)


def _update_begins(doctor: Doctor) -> None:
    """Look before an update, if there is something to see."""
    if not doctor._is_still:
        doctor.guard(doctor.step_begins)


def _update_ends(doctor: Doctor) -> None:
    """Look after an update; after one in which nothing was wanted, only count it."""
    if not doctor._is_still:
        doctor.guard(doctor.step_ends)
        return
    doctor._is_mixed |= doctor._calls_in_step > 1
    doctor._calls_in_step = 0
    doctor._steps += 1
    doctor._clearing.step_passes()
    doctor.sampler.note_rate(doctor._steps)
    doctor._is_still = doctor._steps + 1 < doctor.sampler.next


@contextmanager
def watch(
    model: nn.Module,
    optimizer: Optimizer,
    loss: Criterion | None = None,
    *,
    planned_steps: int | None = None,
    causal: bool = False,
) -> Iterator[Doctor]:
    """Watch a training loop for a block.

    Weights, random states, buffers and gradients are the same, to the last bit, as without it.

    Args:
        model: any module.
        optimizer: that trains it.
        loss: the criterion. A module is watched by itself; a function is called as `doctor.loss(output, target)`. None watches
            gradients and updates alone.
        planned_steps: how many steps there will be, so that "half of the training" has a meaning.
        causal: the model must not look ahead along dimension 1 of its inputs, as a language model must not.

    Yields:
        The doctor; `doctor.findings` at any time, also after the block.

    Example:
        >>> x, model, criterion = torch.randn(64, 4), nn.Linear(4, 1), nn.MSELoss()
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        >>> with watch(model, optimizer, loss=criterion) as doctor:
        ...     for _ in range(20):  # and nobody calls optimizer.zero_grad()
        ...         criterion(model(x), x.sum(1, keepdim=True)).backward()
        ...         optimizer.step()
        >>> doctor.findings[0].id
        'T02-gradients-not-cleared'
    """
    doctor = Doctor(model, optimizer, loss, planned_steps, causal)
    hooks = [
        model.register_forward_pre_hook(lambda _, args, keywords: _forward_begins(doctor, args, keywords), with_kwargs=True),
        model.register_forward_hook(
            lambda _, args, output: (
                doctor.guard(doctor._afterwards.saw_output, output) if doctor._afterwards.is_wanted else None
            )
        ),
        optimizer.register_step_pre_hook(lambda *_: _update_begins(doctor)),
        optimizer.register_step_post_hook(lambda *_: _update_ends(doctor)),
    ]
    if isinstance(loss, nn.Module):
        hooks.append(loss.register_forward_hook(lambda _, given, value: doctor.saw(lambda: (given[0], given[1]), value)))
    try:
        yield doctor
    finally:
        for one in hooks:
            one.remove()
        doctor.sampler.activations.end()
        doctor._clearing.end()
        doctor._afterwards.end()


def check(
    model: nn.Module,
    batch: Any,  # noqa: ANN401  whatever a person's loader gives
    loss: Criterion,
    optimizer: Optimizer | None = None,
    *,
    causal: bool = False,
) -> tuple[Finding, ...]:
    """Look at a model, a batch and a loss before the first step.

    Args:
        model: any module, in the mode in which it will be trained.
        batch: `(inputs, target)`; inputs are a tensor, a tuple of positional arguments, or a mapping of keyword arguments.
        loss: `loss(output, target)` returns a scalar.
        optimizer: as it will train the model; None leaves out which weights it holds.
        causal: the model must not look ahead along dimension 1 of its inputs.

    Returns:
        The findings, worst first.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
        >>> batch = torch.randn(16, 4), torch.arange(16) % 3
        >>> check(model, batch, nn.CrossEntropyLoss())[0].id
        'W04-probabilities-for-logits'
    """
    inputs, target = batch
    arguments = inputs if isinstance(inputs, tuple) else () if isinstance(inputs, Mapping) else (inputs,)
    keywords = inputs if isinstance(inputs, Mapping) else {}
    return examine(probe(Subject(model, arguments, keywords, target, loss, optimizer, causal=causal)))
