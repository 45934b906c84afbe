"""The doctor beside a training by Lightning: `Trainer(callbacks=[DoctorCallback()])`."""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from espalier.core.errors import MissingExtraError
from espalier.core.finding import Finding
from espalier.diagnosis.adapters.beside import Bystander

LIBRARIES = ("lightning.pytorch", "pytorch_lightning")  # one project, under its new name and its old one


def _callback() -> type | None:
    """Return Lightning's class of callbacks; None when it is not installed."""
    for name in LIBRARIES:
        try:
            found: type = import_module(name).Callback
        except ModuleNotFoundError:
            continue
        return found
    return None


CALLBACK = _callback()


class DoctorCallback(CALLBACK or object):  # type: ignore[misc]  # known when it runs
    """Watches a training; `findings` and `unlooked` are there at any time, also after it.

    Weights, random states, buffers and gradients are the same, to the last bit, as without it. Gradients are looked at before
    they are clipped.

    Args:
        causal: the model must not look ahead along dimension 1 of its inputs, as a language model must not.

    Raises:
        MissingExtraError: Lightning is not installed.
    """

    def __init__(self, *, causal: bool = False) -> None:
        if CALLBACK is None:
            raise MissingExtraError("DoctorCallback needs the package 'lightning'. Install it with: pip install lightning")
        super().__init__()
        self.causal = causal
        self._beside: Bystander | None = None
        self._own_step: Callable[..., Any] | None = None  # set on the module itself, for example by torch.compile
        self._hooks: list[RemovableHandle] = []

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, worst first; what follows from another finding names it as its cause."""
        return () if self._beside is None else self._beside.findings

    @property
    def unlooked(self) -> tuple[str, ...]:
        """What could not be looked at, and why."""
        return () if self._beside is None else self._beside.unlooked

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ANN401
        """Begin to watch: optimizers are there, and weights are where they will be trained."""
        optimizers: list[Optimizer] = trainer.optimizers
        planned = trainer.estimated_stepping_batches
        planned_steps = int(planned) if 0 < planned < float("inf") else None
        self._beside = Bystander(pl_module, optimizers, planned_steps=planned_steps, causal=self.causal)
        self._hooks = [one.register_step_post_hook(lambda *_: self._step_ends()) for one in optimizers[:1]]
        self._own_step = vars(pl_module).get("training_step")
        pl_module.training_step = _watched(pl_module.training_step, self._beside)

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Optimizer) -> None:  # noqa: ANN401
        """Look before an update. Lightning computes gradients within the step, so no hook of the optimizer could tell."""
        if self._beside is not None and optimizer is trainer.optimizers[0]:
            self._beside.step_begins()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ANN401
        """Stop watching, and leave the module as it was."""
        if not self._hooks or self._beside is None:
            return
        for one in self._hooks:
            one.remove()
        self._hooks = []
        self._beside.end()
        del pl_module.training_step
        if self._own_step is not None:
            pl_module.training_step = self._own_step

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:  # noqa: ANN401
        """Stop watching a training that broke off."""
        self.on_train_end(trainer, pl_module)

    def _step_ends(self) -> None:
        if self._beside is not None:
            self._beside.step_ends()


def _watched(training_step: Callable[..., Any], beside: Bystander) -> Callable[..., Any]:
    """Return the same step, looked at."""

    @wraps(training_step)
    def _step(*given: Any, **keywords: Any) -> Any:  # noqa: ANN401
        beside.pass_begins()
        loss: Tensor | None = None
        try:
            output = training_step(*given, **keywords)
            found = output.get("loss") if isinstance(output, dict) else output
            loss = found if isinstance(found, Tensor) else None
            return output
        finally:
            beside.pass_ends(loss)

    return _step
