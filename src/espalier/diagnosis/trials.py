"""Trials: would the model learn more with one thing changed? A few steps on copies of it, when the training is over.

Each trial goes on from the last weights with half of the kept rows, and is judged by the loss of the other half. The training
has seen both halves, so a model that has learnt what there is gains nothing; one that was held back does.
"""

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.nn.modules.dropout import _DropoutNd
from torch.optim import Optimizer

from espalier.core.batch import FloatArray
from espalier.core.seeds import numpy_stream, torch_stream
from espalier.diagnosis.course import MIN_Z, Sample
from espalier.diagnosis.evaluations import errors_of
from espalier.diagnosis.kept_rows import Rows
from espalier.diagnosis.significance import z_of_mean
from espalier.tasks.loss_kind import Criterion, LossKind

MAX_NUMBERS = 20_000_000  # in weights; of larger models no copies are made
STEP_FRACTION = 0.5  # of the training's steps, for each trial
FEWEST_STEPS, MOST_STEPS = 40, 200  # fewer show too little of a rate that is too low
MAX_SECONDS_FRACTION = 0.2  # of the time of the training, or 2 seconds, for all trials
MIN_SECONDS = 2.0
USUAL_RATIO = 3e-3  # of an update to its weight: what a faster trial goes for
MIN_FACTOR, MAX_FACTOR = 10.0, 1e4
HEAVY = 0.5  # dropout above this is tried without

Change = Callable[[nn.Module, Optimizer], None]


@dataclass
class Tried:
    """What came of trials.

    Args:
        before: loss of the rows held out, as the model is.
        after: the same after a few steps with each change.
        errors: share of wrong answers before, or of the targets' variance that is left; 0 where the loss does not tell it.
        spared: by how much each change lowers that share; 0 where it may be chance.
    """

    before: float
    after: dict[str, float] = field(default_factory=dict)
    errors: float = 0.0
    spared: dict[str, float] = field(default_factory=dict)


def try_changes(
    model: nn.Module,
    optimizer: Optimizer,
    criterion: Criterion,
    kind: LossKind,
    rows: Rows,
    samples: Sequence[Sample],
    seconds: float,
) -> Tried:
    """Return how the rows held out are answered, as the model is, and after a few steps with each change.

    The model and the optimizer stay as they are; call it within `preserved`.

    Args:
        model: trained.
        optimizer: that trained it.
        criterion: the loss.
        kind: of the loss.
        rows: that were kept.
        samples: of the training, two or more.
        seconds: of the processor, that the training took.
    """
    order = numpy_stream(0, "trials").permutation(len(rows))
    learnt, held = rows.take(np.sort(order[::2])), rows.take(np.sort(order[1::2]))
    before, errors = answered_by(model, criterion, kind, held)
    tried = Tried(before, errors=0.0 if errors is None else float(errors.mean()))
    if sum(one.numel() for one in model.parameters()) > MAX_NUMBERS or _has_own_hooks(model):
        return tried
    changes = dict(_changes(model, optimizer, samples))
    step_seconds = seconds / max(samples[-1].step, 1)
    affordable = max(MAX_SECONDS_FRACTION * seconds, MIN_SECONDS) / max(step_seconds, 1e-9) / len(changes)
    wanted = min(MOST_STEPS, max(FEWEST_STEPS, round(STEP_FRACTION * samples[-1].step)))
    num_steps = min(wanted, max(int(affordable), FEWEST_STEPS))
    if affordable < num_steps / 2:
        return tried
    began = time.process_time()
    for name, change in changes.items():
        copied, its_optimizer = copy.deepcopy((model, optimizer))
        change(copied, its_optimizer)
        _train(copied, its_optimizer, criterion, learnt, num_steps)
        tried.after[name], left = answered_by(copied, criterion, kind, held)
        if errors is not None and left is not None:
            tried.spared[name] = float((errors - left).mean()) if z_of_mean(errors - left) >= MIN_Z else 0.0
        if time.process_time() - began > 2 * max(MAX_SECONDS_FRACTION * seconds, MIN_SECONDS):
            break
    return tried


@torch.no_grad()
def answered_by(model: nn.Module, criterion: Criterion, kind: LossKind, rows: Rows) -> tuple[float, FloatArray | None]:
    """Return the mean loss of rows in eval mode, and (N,) the errors of each; None where the loss does not tell them.

    Args:
        model: is left in eval mode.
        criterion: the loss.
        kind: of the loss.
        rows: that are answered.
    """
    model.eval()
    answers = torch.cat([part.answers(model) for part in rows.parts()])
    errors = errors_of(kind, answers, rows.targets())
    return float(rows.losses(criterion, answers).mean()), None if errors is None else errors.reshape(len(rows), -1).mean(axis=1)


def _changes(model: nn.Module, optimizer: Optimizer, samples: Sequence[Sample]) -> Iterator[tuple[str, Change]]:
    """Yield what to try: the highest rate again, a higher and a lower one, and without what may hold the model back."""
    highest = max(one.highest_rate for one in samples)
    ratio = float(np.nanmedian([one.ratio for one in samples if one.ratio > 0] or [USUAL_RATIO]))
    faster = min(max(USUAL_RATIO / ratio, MIN_FACTOR), MAX_FACTOR)
    yield "more steps", _at(highest)
    yield "a higher rate", _at(highest * faster)
    yield "a lower rate", _at(highest / MIN_FACTOR)
    if any(group.get("weight_decay", 0.0) > 0 for group in optimizer.param_groups):
        yield "no weight decay", _undecayed(highest)
    if any(isinstance(one, _DropoutNd) and one.p > HEAVY for one in model.modules()):
        yield "less dropout", _undropped(highest)


def _at(rate: float) -> Change:
    def change(model: nn.Module, optimizer: Optimizer) -> None:
        usual = float(optimizer.param_groups[0]["lr"])
        for group in optimizer.param_groups:
            group["lr"] = rate * float(group["lr"]) / usual if usual > 0 else rate

    return change


def _undecayed(rate: float) -> Change:
    def change(model: nn.Module, optimizer: Optimizer) -> None:
        _at(rate)(model, optimizer)
        for group in optimizer.param_groups:
            group["weight_decay"] = 0.0

    return change


def _undropped(rate: float) -> Change:
    def change(model: nn.Module, optimizer: Optimizer) -> None:
        _at(rate)(model, optimizer)
        for module in model.modules():
            if isinstance(module, _DropoutNd):
                module.p = min(module.p, HEAVY / 5)

    return change


def _train(model: nn.Module, optimizer: Optimizer, criterion: Criterion, rows: Rows, num_steps: int) -> None:
    model.train()
    stream, size = torch_stream(0, "trial batches"), min(max(rows.batch_size, 2), len(rows))
    for _ in range(num_steps):
        part = rows.take(torch.randperm(len(rows), generator=stream)[:size].numpy())
        optimizer.zero_grad()
        criterion(part.answers(model), part.targets()).backward()  # type: ignore[no-untyped-call]  # torch has no types here
        optimizer.step()


def _has_own_hooks(model: nn.Module) -> bool:
    """Return whether a person's hooks would run on a copy too."""
    kinds = "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"
    hooks = (hook for module in model.modules() for kind in kinds for hook in getattr(module, kind).values())
    return any(not type(hook).__module__.startswith("torch") for hook in hooks)
