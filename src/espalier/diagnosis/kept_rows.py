"""Kept rows: a few batches of a training, spread evenly over it, so that the model can be asked about them afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from espalier.core.batch import FloatArray
from espalier.core.records import IntArray
from espalier.diagnosis.subject import map_tensors, tensors_in
from espalier.tasks.loss_kind import Criterion

MAX_ROWS = 600
MAX_BYTES = 64 * 1024 * 1024
FEWEST_ROWS = 60  # fewer tell nothing


@dataclass(frozen=True)
class _Batch:
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    target: Tensor
    shape: tuple[int, ...]  # of what the criterion was given

    @cached_property
    def num_bytes(self) -> int:
        """Memory of its tensors."""
        tensors = tensors_in((self.arguments, self.keywords, self.target))
        return sum(one.numel() * one.element_size() for one in tensors)

    @cached_property
    def num_rows(self) -> int:
        """B; 0 where the inputs have no common length, or the target is not so many answers for each row."""
        lengths = {len(one) if one.ndim else 0 for one in tensors_in((self.arguments, self.keywords))}
        rows = lengths.pop() if len(lengths) == 1 else 0
        is_even = rows and self.target.ndim and self.shape and self.shape[0] == len(self.target) and self.shape[0] % rows == 0
        return rows if is_even else 0


class KeptBatches:
    """Keeps every n-th batch; when there are too many, every second one goes, and n is doubled."""

    def __init__(self) -> None:
        self.batches: list[_Batch] = []
        self.every, self.seen = 1, 0

    @property
    def is_wanted(self) -> bool:
        """Whether the batch that comes next is to be kept."""
        return self.seen % self.every == 0

    def add(self, arguments: tuple[Any, ...], keywords: Mapping[str, Any], output: Tensor, target: Any) -> None:  # noqa: ANN401
        """Keep a copy of a batch; one that has no rows to tell apart is left out.

        Args:
            arguments: what the model was called with.
            keywords: the same, by name.
            output: what the criterion was given; only its shape counts.
            target: of the batch.
        """
        if not isinstance(target, Tensor) or target.dtype is torch.bool:
            return
        batch = _Batch(arguments, keywords, target, tuple(output.shape))
        if not batch.num_rows:
            return
        given, named = map_tensors((arguments, dict(keywords)), lambda one: one.detach().clone())
        self.batches.append(_Batch(given, named, target.detach().clone(), batch.shape))
        while len(self.batches) > 1 and self._is_too_much():
            del self.batches[1::2]
            self.every *= 2

    def _is_too_much(self) -> bool:
        return sum(one.num_rows for one in self.batches) > MAX_ROWS or sum(one.num_bytes for one in self.batches) > MAX_BYTES

    def rows(self) -> "Rows | None":
        """Return all kept rows, repeated ones once; None where there are too few, or batches differ in form."""
        forms = {tuple((one.shape[1:], one.dtype) for one in tensors_in((b.arguments, b.keywords))) for b in self.batches}
        answers = {(one.shape[0] // one.num_rows, one.shape[1:], one.target.shape[1:]) for one in self.batches}
        if len(forms) != 1 or len(answers) != 1 or not next(iter(forms)):
            return None
        first, per_row = self.batches[0], next(iter(answers))[0]
        leaves = zip(*(tensors_in((one.arguments, one.keywords)) for one in self.batches), strict=True)
        inputs = [torch.cat(parts) for parts in leaves]
        target = torch.cat([one.target.reshape(one.num_rows, per_row, *one.target.shape[1:]) for one in self.batches])
        bytes_of = torch.cat([one.flatten(1).cpu().contiguous().view(torch.uint8).flatten(1) for one in inputs], dim=1).numpy()
        kept = sorted({row.tobytes(): place for place, row in reversed(list(enumerate(bytes_of)))}.values())
        if len(kept) < FEWEST_ROWS:
            return None
        size = sorted(one.num_rows for one in self.batches)[len(self.batches) // 2]
        return Rows(first, [one[kept] for one in inputs], target[kept], size)


class Rows:
    """Rows that a model can be asked about.

    Args:
        form: a batch, for what is no tensor in it.
        inputs: every tensor of a call, (N, ...).
        target: (N, answers of a row, ...).
        batch_size: of the training.
    """

    def __init__(self, form: _Batch, inputs: list[Tensor], target: Tensor, batch_size: int) -> None:
        self.form, self.inputs, self.target, self.batch_size = form, inputs, target, batch_size

    def __len__(self) -> int:
        return len(self.target)

    @property
    def per_row(self) -> int:
        """Answers of one row: 1, or the places of a sequence."""
        return self.target.shape[1]

    def take(self, places: IntArray) -> "Rows":
        """Return some of the rows."""
        index = torch.as_tensor(places, device=self.target.device)
        return Rows(self.form, [one[index] for one in self.inputs], self.target[index], self.batch_size)

    def targets(self) -> Tensor:
        """Return (N x answers, ...) as the criterion takes them."""
        return self.target.flatten(0, 1)

    def answers(self, model: nn.Module) -> Tensor:
        """Return what the criterion is given for these rows.

        Raises:
            ValueError: the model gives another number of values than it did to the training loop.
        """
        left = iter(self.inputs)
        arguments, keywords = map_tensors((self.form.arguments, dict(self.form.keywords)), lambda _: next(left))
        output = next(tensors_in(model(*arguments, **keywords)))
        return output.reshape(len(self) * self.per_row, *self.form.shape[1:])

    def parts(self) -> Sequence["Rows"]:
        """Return the rows in batches of about the size of the training's, none of them of one row."""
        count = max(len(self) // max(self.batch_size, 2), 1)
        places = torch.arange(len(self)).tensor_split(count)
        return [self.take(one.numpy()) for one in places]

    def losses(self, criterion: Criterion, answers: Tensor) -> FloatArray:
        """Return (N,) the loss of each row.

        Args:
            criterion: of the training.
            answers: (N x answers, ...) as `answers` gives them.
        """
        each = zip(torch.split(answers, self.per_row), torch.split(self.targets(), self.per_row), strict=True)
        return torch.stack([criterion(output, target).float().mean() for output, target in each]).double().cpu().numpy()
