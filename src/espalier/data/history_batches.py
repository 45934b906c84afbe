"""Batches of histories: stretches of series that are picked batch by batch from one tensor, which no window copies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from espalier.core.batch import Batch
from espalier.core.errors import InputError
from espalier.core.seeds import torch_stream
from espalier.data.batches import MIN_ROWS_OF_A_BATCH
from espalier.data.series.windows import histories

ROWS_AT_ONCE = 1024  # windows that are answered at a time

Change: TypeAlias = Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor | None]]


@dataclass(frozen=True, eq=False)
class Histories:
    """The windows before some origins, and what follows them.

    Args:
        values: (P, C), all series one behind the other.
        origins: (N,) int64, the last position of each window; (N, C) where the channels end at different ones.
        length: T, steps of a window.
        target: (N, ...), a view where it can be one; None where nothing is learnt.
        rows: (N,) int64 source rows, or None.
        change: of a batch's windows (B, C, T) and target, such as a scaling of each window.
    """

    values: Tensor
    origins: Tensor
    length: int
    target: Tensor | None
    rows: Tensor | None
    change: Change

    def take(self, index: Tensor | slice) -> Batch:
        """Return the windows at some places as a batch."""
        origins = self.origins[index]
        series = histories(self.values, origins, self.length) if origins.ndim == 1 else self._each(origins)
        series, target = self.change(series, None if self.target is None else self.target[index])
        return Batch((series,), target, None if self.rows is None else self.rows[index])

    def _each(self, origins: Tensor) -> Tensor:
        """Return windows (B, C, T) whose channels end at different positions (B, C)."""
        channels = [
            histories(self.values[:, number : number + 1], ends, self.length)
            for number, ends in enumerate(origins.unbind(dim=1))
        ]
        return torch.cat(channels, dim=1)

    def in_order(self) -> Iterator[Batch]:
        """Yield all windows in their order, to be answered."""
        for first in range(0, len(self.origins), ROWS_AT_ONCE):
            yield self.take(slice(first, first + ROWS_AT_ONCE))


class HistoryBatches:
    """Histories in batches. The order of an epoch follows from the seed and the epoch's number alone.

    Args:
        windows: with their targets.
        batch_size: rows of one batch; the last batch of an epoch may be smaller, and is left out when it has one row.
        seed: of the shuffling; None keeps the order.

    Raises:
        InputError: no windows.
    """

    def __init__(self, windows: Histories, *, batch_size: int, seed: int | None) -> None:
        if not len(windows.origins):
            raise InputError("Batches of windows need at least one window, and there is none.")
        self.windows, self.batch_size, self.seed = windows, batch_size, seed

    def __len__(self) -> int:
        """Return the number of batches in one epoch."""
        full, rest = divmod(len(self.windows.origins), self.batch_size)
        return full + (rest >= MIN_ROWS_OF_A_BATCH or full == 0)

    def epoch(self, index: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of one epoch.

        Args:
            index: the epoch, from 0.
            start: leave out this many batches at the beginning.
        """
        num = len(self.windows.origins)
        order = torch.arange(num)
        if self.seed is not None:
            order = torch.randperm(num, generator=torch_stream(self.seed, "epoch", index))
        order = order.to(self.windows.origins.device)
        for number in range(start, len(self)):
            yield self.windows.take(order[number * self.batch_size : (number + 1) * self.batch_size])
