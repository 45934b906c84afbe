"""Beside: a doctor next to a training that a library runs; the first pass tells which module is called and what the loss is.

A library shows neither the loss function nor the moment at which it calls the model. So functions of torch are overheard while
a pass that learns runs (a `TorchFunctionMode`, which hands every call on as it is), and the one whose value is the loss of the
pass is the criterion. A pass after which the doctor asks for no targets is the last that is overheard, until it asks again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from espalier.core.finding import Finding
from espalier.diagnosis.watch import Doctor
from espalier.tasks.loss_kind import LossKind, kind_of

SAME_LOSS = 1e-4  # relative: a loss in half precision is rounded once more on its way out
COUNT = "num_items_in_batch"  # keyword by which a model is told what to divide a summed loss by


@dataclass(frozen=True, eq=False)
class HeardLoss:
    """A loss function of torch, called with all but the output and the target as it was overheard.

    Args:
        function: of torch.nn.functional.
        rest: its other positional arguments.
        keywords: its keyword arguments.
        output, target: what it was given.
        value: what it returned, detached.
        factor: what its value is multiplied by.
    """

    function: Callable[..., Tensor]
    rest: tuple[Any, ...]
    keywords: Mapping[str, Any]
    output: Tensor = field(repr=False)
    target: Tensor = field(repr=False)
    value: Tensor = field(repr=False)
    factor: float = 1.0

    @property
    def kind(self) -> LossKind:
        """What it expects of an output."""
        return kind_of(self.function)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return self.factor * self.function(output, target, *self.rest, **self.keywords)

    def is_loss(self, loss: Tensor, count: float = 1.0) -> bool:
        """Return whether its value, divided by a count, is this loss."""
        if not self.value.numel() == loss.numel() == 1:
            return False
        return bool(torch.isclose(self.value.float() / count, loss.float(), rtol=SAME_LOSS))

    def averaged(self, loss: Tensor) -> "HeardLoss":
        """Return the mean over what it sums, with the factor that makes it this loss: batches may then be of any size."""
        mean = replace(self, keywords={**self.keywords, "reduction": "mean"})
        with torch.no_grad():
            return replace(mean, factor=float(loss) / float(mean(self.output, self.target)))


class Overhearing(TorchFunctionMode):
    """Notes the calls of loss functions of torch, and changes none."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[HeardLoss] = []
        self.problems: list[str] = []

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        value = func(*args, **(kwargs or {}))
        if kind_of(func) is not LossKind.UNKNOWN and isinstance(value, Tensor) and value.requires_grad:
            try:
                self._note(func, args, dict(kwargs or {}), value)
            except Exception as error:  # noqa: BLE001  the doctor never breaks what it watches
                self.problems.append(f"loss function: {type(error).__name__}: {error}")
        return value

    def _note(self, function: Callable[..., Tensor], args: tuple[Any, ...], keywords: dict[str, Any], value: Tensor) -> None:
        output = args[0] if args else keywords.pop("input", None)
        target = args[1] if len(args) > 1 else keywords.pop("target", None)
        if isinstance(output, Tensor) and isinstance(target, Tensor):
            heard = HeardLoss(function, tuple(args[2:]), keywords, output.detach(), target.detach(), value.detach())
            self.heard.append(heard)


class Bystander:
    """Stands beside a training that a library runs.

    Args:
        root: the module that is trained.
        optimizers: that train it; of several, nothing is told but whether weights stay finite.
        planned_steps: how many steps there will be; None when it is not known.
        causal: the model must not look ahead along dimension 1 of its inputs.
        targets: keywords of the model that hold the target, and are no inputs.
    """

    def __init__(
        self,
        root: nn.Module,
        optimizers: Sequence[Optimizer],
        *,
        planned_steps: int | None = None,
        causal: bool = False,
        targets: Sequence[str] = (),
    ) -> None:
        self.root, self.optimizers, self.planned_steps, self.causal = root, optimizers, planned_steps, causal
        self.targets = (*targets, COUNT)
        self.doctor: Doctor | None = None
        self.problems: list[str] = []
        self._calls: list[tuple[nn.Module, tuple[Any, ...], dict[str, Any]]] = []
        self._listening: Overhearing | None = None
        self._can_listen = self._listens = len(optimizers) == 1 and not any(hasattr(one, "_orig_mod") for one in root.modules())
        self._is_learning = False
        self._count = 0.0  # what a summed loss is divided by; 0 when the model was not told
        parts = [root, *(one for one in root.children() if next(one.parameters(), None) is not None)]
        self._hooks: list[RemovableHandle] = [one.register_forward_pre_hook(self._called, with_kwargs=True) for one in parts]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, worst first; empty before the first pass."""
        return () if self.doctor is None else self.doctor.findings

    @property
    def unlooked(self) -> tuple[str, ...]:
        """What could not be looked at, and why."""
        return tuple(dict.fromkeys([*self.problems, *(() if self.doctor is None else self.doctor.unlooked)]))

    def pass_begins(self) -> None:
        """Begin to listen: a pass that learns is about to run."""
        self._is_learning = True
        if self._listens:
            self._listening = Overhearing()
            self._listening.__enter__()  # type: ignore[no-untyped-call]  # torch has no types here

    def pass_ends(self, loss: Tensor | None) -> None:
        """Look at the pass.

        Args:
            loss: of the pass, before its backward pass; None when there is none, or the pass broke off.
        """
        self._is_learning = False
        heard: list[HeardLoss] = []
        if self._listening is not None:
            self._listening.__exit__(None, None, None)  # type: ignore[no-untyped-call]
            heard, self.problems = self._listening.heard, self.problems + self._listening.problems
            self._listening = None
        try:
            self._look(heard, loss)
        except Exception as error:  # noqa: BLE001  the doctor never breaks what it watches
            self.problems.append(f"pass: {type(error).__name__}: {error}")
            self._can_listen = self._listens = False

    def step_begins(self) -> None:
        """Look before an update, when its gradients are there."""
        if self.doctor is not None:
            self.doctor.guard(self.doctor.step_begins)

    def step_ends(self) -> None:
        """Look after an update."""
        if self.doctor is not None:
            self.doctor.guard(self.doctor.step_ends)

    def end(self) -> None:
        """Take every hook away."""
        for one in self._hooks:
            one.remove()
        self._hooks = []
        if self.doctor is not None:
            self.doctor.sampler.activations.end()

    def _called(self, module: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        if not self._is_learning:
            return
        if self._listening is not None:
            self._count = float(keywords.get(COUNT) or 0)
        keywords = {name: value for name, value in keywords.items() if name not in self.targets}
        if self.doctor is None:
            self._calls.append((module, arguments, keywords))
        else:
            self.doctor.guard(self.doctor.saw_inputs, arguments, keywords)

    def _look(self, heard: Sequence[HeardLoss], loss: Tensor | None) -> None:
        if loss is None and self.doctor is None and torch.is_grad_enabled():
            self.problems.append("loss: the training gives none, so that its course was not looked at")
        one = None if loss is None else _criterion(heard, loss.detach(), self._count)
        if self.doctor is None:
            self.doctor = self._admitted(one, is_lost=loss is not None)
        if loss is None or len(self.optimizers) > 1:
            return
        asked: list[bool] = []

        def given() -> tuple[Any, Any]:
            asked.append(True)
            return (None, None) if one is None else (one.output, one.target)

        self.doctor.saw(given, loss)
        self._listens = self._can_listen and bool(asked)

    def _admitted(self, criterion: HeardLoss | None, *, is_lost: bool) -> Doctor:
        """Return the doctor of the module that the first pass called."""
        call = self._main_call()
        if is_lost and criterion is None and len(self.optimizers) == 1:
            why = "is not that of one loss function of torch" if self._can_listen else "is computed by a compiled module"
            self.problems.append(f"loss function: the loss {why}, so that what it expects of the output was not looked at")
        model = self.root if call is None else call[0]
        doctor = Doctor(model, self.optimizers[0], criterion, self.planned_steps, self.causal)
        for one in self._hooks:
            one.remove()
        self._hooks = []
        if call is not None:
            doctor.guard(doctor.saw_inputs, *call[1:])
            self._hooks = [model.register_forward_pre_hook(self._called, with_kwargs=True)]
        self._calls = []
        return doctor

    def _main_call(self) -> tuple[nn.Module, tuple[Any, ...], dict[str, Any]] | None:
        """Return the last call of the root or, when it was not called, of its only child that was."""
        if len(self.optimizers) > 1:
            self.problems.append(f"{len(self.optimizers)} optimizers: only whether weights stay finite was looked at")
            return None
        of_root = [call for call in self._calls if call[0] is self.root]
        if not of_root and len({id(call[0]) for call in self._calls}) != 1:
            self.problems.append("model: no one module was called in a pass, so that its wiring was not looked at")
            return None
        return (of_root or self._calls)[-1]


def _criterion(heard: Sequence[HeardLoss], loss: Tensor, count: float) -> HeardLoss | None:
    """Return the function whose value is the loss, or the sum that was divided to be it; None when there is none."""
    for one in reversed(heard):
        if one.is_loss(loss):
            return one
        if one.keywords.get("reduction") == "sum" and one.is_loss(loss, count or len(one.target)):
            return one.averaged(loss)
    return None
