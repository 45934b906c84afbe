"""Batches of tensors that fit in memory: shuffled once an epoch, then cut into slices."""

from collections.abc import Iterator

import torch
from torch import Tensor

from espalier.core.batch import Batch
from espalier.core.errors import InputError
from espalier.core.seeds import torch_stream

MIN_ROWS_OF_A_BATCH = 2  # a single row has no batch statistics; batch norm refuses it


ROWS_AT_ONCE = 4096  # of a table that is answered


def in_order(inputs: tuple[Tensor, ...], target: Tensor | None, rows: Tensor) -> Iterator[Batch]:
    """Yield all rows in their order, to be answered.

    Args:
        inputs: what the model is called with, each (N, ...).
        target: (N,) or (N, K), or None.
        rows: (N,) int64 source rows.
    """
    for first in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        yield Batch(tuple(one[part] for one in inputs), None if target is None else target[part], rows[part])


class TensorBatches:
    """Examples held as tensors, in batches.

    The whole set is permuted once an epoch and then sliced: a slice costs a view, not a copy. The order of an epoch follows
    from the seed and the epoch's number alone, so that a resumed run sees the same batches.

    Args:
        inputs: what the model is called with, each (N, ...).
        target: (N,) or (N, K).
        rows: (N,) int64 source rows, or None.
        batch_size: rows of one batch; the last batch of an epoch may be smaller, and is left out when it has one row.
        seed: of the shuffling; None keeps the order.

    Raises:
        InputError: no rows, or tensors of different lengths.
    """

    def __init__(
        self, inputs: tuple[Tensor, ...], target: Tensor, rows: Tensor | None = None, *, batch_size: int, seed: int | None
    ) -> None:
        lengths = {len(tensor) for tensor in (*inputs, target, *([] if rows is None else [rows]))}
        if len(lengths) != 1 or lengths == {0}:
            raise InputError(f"Batches need tensors of one length above 0, got lengths {sorted(lengths)}.")
        self.inputs = inputs
        self.target = target
        self.rows = rows
        self.batch_size = batch_size
        self.seed = seed
        self.num_rows = lengths.pop()

    def __len__(self) -> int:
        """Return the number of batches in one epoch."""
        full, rest = divmod(self.num_rows, self.batch_size)
        return full + (rest >= MIN_ROWS_OF_A_BATCH or full == 0)

    def epoch(self, index: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of one epoch.

        Args:
            index: the epoch, from 0.
            start: leave out this many batches at the beginning.
        """
        inputs, target, rows = self.inputs, self.target, self.rows
        if self.seed is not None:
            order = torch.randperm(self.num_rows, generator=torch_stream(self.seed, "epoch", index)).to(target.device)
            inputs = tuple(tensor[order] for tensor in inputs)
            target = target[order]
            rows = None if rows is None else rows[order]
        for number in range(start, len(self)):
            part = slice(number * self.batch_size, (number + 1) * self.batch_size)
            yield Batch(tuple(tensor[part] for tensor in inputs), target[part], None if rows is None else rows[part])
