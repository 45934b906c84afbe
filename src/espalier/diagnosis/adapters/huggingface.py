"""The doctor beside the Trainer of Hugging Face: `Trainer(..., callbacks=[DoctorCallback()])`."""

from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from espalier.core.errors import MissingExtraError
from espalier.core.finding import Finding
from espalier.diagnosis.adapters.beside import Bystander

TARGETS = ("labels", "label", "label_ids", "start_positions", "end_positions")  # as the library's models name them


def _callback() -> type | None:
    """Return the library's class of callbacks; None when it is not installed."""
    try:
        found: type = import_module("transformers").TrainerCallback
    except ModuleNotFoundError:
        return None
    return found


CALLBACK = _callback()


class DoctorCallback(CALLBACK or object):  # type: ignore[misc]  # known when it runs
    """Watches a training; `findings` and `unlooked` are there at any time, also after it.

    Weights, random states, buffers and gradients are the same, to the last bit, as without it. The loss is the one that the
    model returns; where the Trainer computes it (label smoothing, `compute_loss_func`), it cannot be looked at.

    Args:
        causal: the model must not look ahead along dimension 1 of its inputs, as a language model must not.

    Raises:
        MissingExtraError: transformers is not installed.
    """

    def __init__(self, *, causal: bool = False) -> None:
        if CALLBACK is None:
            raise MissingExtraError(
                "DoctorCallback needs the package 'transformers'. Install it with: pip install transformers accelerate"
            )
        super().__init__()
        self.causal = causal
        self._beside: Bystander | None = None
        self._hooks: list[RemovableHandle] = []
        self._is_stepping = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, worst first; what follows from another finding names it as its cause."""
        return () if self._beside is None else self._beside.findings

    @property
    def unlooked(self) -> tuple[str, ...]:
        """What could not be looked at, and why."""
        return () if self._beside is None else self._beside.unlooked

    def _begin(self, args: Any, state: Any, control: Any, *, model: Any, optimizer: Any, **told: Any) -> None:  # noqa: ANN401
        inner = getattr(optimizer, "optimizer", optimizer)  # out of accelerate's cover
        planned_steps = state.max_steps if state.max_steps > 0 else None
        self._beside = beside = Bystander(model, [inner], planned_steps=planned_steps, causal=self.causal, targets=TARGETS)
        self._hooks = [
            model.register_forward_pre_hook(
                self._pass_begins, prepend=True
            ),  # before the one that notes what it is called with
            model.register_forward_hook(self._pass_ends, always_call=True),
            inner.register_step_pre_hook(lambda *_: self._step_begins(beside)),
            inner.register_step_post_hook(lambda *_: beside.step_ends()),
        ]

    def _end(self, args: Any, state: Any, control: Any, **told: Any) -> None:  # noqa: ANN401
        for one in self._hooks:
            one.remove()
        self._hooks = []
        if self._beside is not None:
            self._beside.end()

    on_train_begin, on_train_end = _begin, _end  # the library's names

    def _step_begins(self, beside: Bystander) -> None:
        self._is_stepping = True  # probes call the model too
        try:
            beside.step_begins()
        finally:
            self._is_stepping = False

    def _pass_begins(self, model: nn.Module, given: Any) -> None:  # noqa: ANN401
        if self._beside is not None and not self._is_stepping and torch.is_grad_enabled():
            self._beside.pass_begins()

    def _pass_ends(self, model: nn.Module, given: Any, output: Any) -> None:  # noqa: ANN401
        if self._beside is not None and not self._is_stepping and torch.is_grad_enabled():
            self._beside.pass_ends(_loss_of(output))


def _loss_of(output: Any) -> Tensor | None:  # noqa: ANN401  a model's own class, a mapping or a tuple
    """Return the loss that a model returns beside its output; None without one."""
    found = output.get("loss") if hasattr(output, "get") else output[0] if isinstance(output, tuple) else None
    return found if isinstance(found, Tensor) and found.numel() == 1 and found.requires_grad else None
