"""Batches of pictures beside a table: each picture, changed at random, comes with its own line."""

from collections.abc import Iterator

import torch
from torch import Tensor

from espalier.core.batch import Batch, Batches
from espalier.core.errors import InputError


class BesideBatches:
    """Batches of pictures, to which the lines that stand beside them are added.

    Args:
        pictures: of N pictures; in the place of source rows they say which ones a batch holds, 0 to N - 1.
        beside: what a model is called with behind the picture, each (N, ...).
        rows: (N,) int64 source rows, or None.

    Raises:
        InputError: tensors of another length than the first, or none.
    """

    def __init__(self, pictures: Batches, beside: tuple[Tensor, ...], rows: Tensor | None) -> None:
        lengths = {len(one) for one in (*beside, *([] if rows is None else [rows]))}
        if len(lengths) != 1 or not beside:
            raise InputError(f"Lines beside pictures need tensors of one length, got lengths {sorted(lengths)}.")
        self.pictures = pictures
        self.beside = beside
        self.rows = rows

    def __len__(self) -> int:
        """Return the number of batches in one epoch."""
        return len(self.pictures)

    def epoch(self, index: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of one epoch.

        Args:
            index: the epoch, from 0.
            start: leave out this many batches at the beginning.
        """
        for batch in self.pictures.epoch(index, start):
            yield with_lines(batch, self.beside, self.rows)


def with_lines(batch: Batch, beside: tuple[Tensor, ...], rows: Tensor | None) -> Batch:
    """Return a batch of pictures with their lines behind them.

    Args:
        batch: its rows are the places of its pictures among all.
        beside: each (N, ...).
        rows: (N,) int64 source rows, or None.

    Raises:
        InputError: the batch does not say which pictures it holds.
    """
    if batch.rows is None:
        raise InputError("A batch of pictures does not say which ones it holds, so their lines cannot be found. Give rows.")
    places: Tensor = batch.rows
    lines = (torch.index_select(one, 0, places) for one in beside)
    return Batch((*batch.inputs, *lines), batch.target, None if rows is None else rows[places])
