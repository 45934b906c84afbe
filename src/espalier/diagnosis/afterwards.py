"""Afterwards: what a trained model is asked when the training is over, on rows that it was trained on."""

import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from espalier.core.seeds import numpy_stream
from espalier.diagnosis.course import LASTING, SOMETHING_LEFT, Answers, Sample
from espalier.diagnosis.evaluations import errors_of
from espalier.diagnosis.kept_rows import KeptBatches, Rows
from espalier.diagnosis.preserved import preserved
from espalier.diagnosis.significance import z_of_mean
from espalier.diagnosis.simple_model import MAX_ANSWERS, simple_losses
from espalier.diagnosis.subject import tensors_in
from espalier.diagnosis.trials import Tried, try_changes
from espalier.tasks.loss_kind import Criterion, LossKind, is_summed, prior_loss

WRONG = 0.05  # of the answers, or of the targets' variance: with no more of them, and little loss left, a model is not tried


class Afterwards:
    """Keeps some batches while the training runs, and asks the model about them once it is over.

    Args:
        model: being trained.
        optimizer: that trains it.
        criterion: the loss; None asks nothing.
        kind: of the loss.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, criterion: Criterion | None, kind: LossKind) -> None:
        self.model, self.optimizer, self.criterion, self.kind = model, optimizer, criterion, kind
        self.kept = KeptBatches()
        self.call: tuple[tuple[Any, ...], Mapping[str, Any]] | None = None
        self.num_calls = 0
        self.is_turn = criterion is not None  # the next batch is one of those to keep
        self.made: tuple[int, int] | None = None  # place in memory and size of what the model gave
        self.began = time.process_time()
        self.seconds: float | None = None  # of the processor, that the training took; other work of the machine does not count
        self.is_asked = False
        self.answers: Answers | None = None

    def saw_inputs(self, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        """Note what the model is called with."""
        self.call, self.num_calls = (arguments, keywords), self.num_calls + 1

    def saw_output(self, output: Any) -> None:  # noqa: ANN401  whatever the model gives
        """Note what the model gives."""
        first = next(tensors_in(output), None)
        self.made = None if first is None else (first.data_ptr(), first.numel())

    @property
    def only_call(self) -> tuple[tuple[Any, ...], Mapping[str, Any]] | None:
        """What the model was called with for the next loss; None when it was called more than once, or not at all."""
        return self.call if self.num_calls == 1 else None

    @property
    def is_wanted(self) -> bool:
        """Whether the batch is to be kept: one call of the model made one loss, and its turn has come."""
        return self.num_calls == 1 and self.is_turn

    def saw_batch(self, output: Tensor, target: Any) -> None:  # noqa: ANN401  whatever the criterion takes
        """Keep a batch, if it is wanted, and the loss is given what the model gave, in whatever shape."""
        if self.is_wanted and self.call is not None and self.made == (output.data_ptr(), output.numel()):
            self.kept.add(*self.call, output, target)

    def loss_is_done(self) -> None:
        """Go on to the next batch."""
        self.call, self.num_calls = None, 0
        self.kept.seen += 1
        self.is_turn = self.criterion is not None and self.kept.is_wanted

    def end(self) -> None:
        """Note that the training is over."""
        self.seconds = time.process_time() - self.began

    def ask(self, samples: Sequence[Sample]) -> None:
        """Ask the model, once, when the training is over.

        Args:
            samples: of the training.
        """
        if self.is_asked or self.seconds is None or self.criterion is None:
            return
        self.is_asked = True
        rows = self.kept.rows()
        if rows is not None:
            self.answers = ask(self.model, self.optimizer, self.criterion, self.kind, rows, samples, self.seconds)


def ask(
    model: nn.Module,
    optimizer: Optimizer,
    criterion: Criterion,
    kind: LossKind,
    rows: Rows,
    samples: Sequence[Sample],
    seconds: float,
) -> Answers | None:
    """Return what the model, a simple model and trials answer; None where the loss of a constant is not known.

    Nothing of the model, the optimizer or the random states changes, to the last bit.

    Args:
        model: trained.
        optimizer: that trained it.
        criterion: the loss.
        kind: of the loss.
        rows: that were kept.
        samples: of the training.
        seconds: of the processor, that the training took.
    """
    wanted = max(MAX_ANSWERS // rows.per_row, 2)
    if len(rows) > wanted:
        rows = rows.take(numpy_stream(0, "asked").permutation(len(rows))[:wanted])
    with preserved(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.no_grad():
            model.eval()
            given = torch.cat([part.answers(model) for part in rows.parts()])
            constant = prior_loss(criterion, kind, given, rows.targets())
            if constant is None or not constant > 0 or not torch.isfinite(given).all():
                return None
            constant = constant if not is_summed(criterion) else constant / len(rows)
            own = rows.losses(criterion, given)
        simple = simple_losses(rows, kind, criterion)
        errors, tried = errors_of(kind, given, rows.targets()), Tried(float(own.mean()))
        is_wrong = errors is not None and float(errors.mean()) > WRONG
        if (is_wrong or tried.before > SOMETHING_LEFT * constant) and len(samples) >= LASTING:
            with torch.enable_grad():
                tried = try_changes(model, optimizer, criterion, kind, rows, samples, seconds)
    return Answers(
        own=float(own.mean()),
        constant=constant,
        simple=None if simple is None else float(simple.mean()),
        z=0.0 if simple is None else z_of_mean(own - simple),
        before=tried.before,
        after=tried.after,
        errors=tried.errors,
        spared=tried.spared,
    )
