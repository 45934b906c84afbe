"""Timeline: every series of a source, one behind the other, each in order of time."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from espalier.core.errors import InputError
from espalier.core.records import IntArray

Steps: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float32]]


@dataclass(frozen=True)
class Timeline:
    """The steps of all series, one series behind the other, each in order of time.

    Args:
        values: (P, V) float32, the variables at every step; NaN where one is missing.
        names: (V,) of the variables.
        starts: (S + 1,) int64, where each series begins, and P at the end.
        ids: (S,) the name of each series; one empty name where a source holds one series.
        times: (P,) int64, microseconds since 1970; None where steps are only counted.
        rows: (P,) int64, the source row of each step; -1 for a step that was put into a gap.
    """

    values: Steps
    names: tuple[str, ...]
    starts: IntArray
    ids: tuple[str, ...]
    times: IntArray | None
    rows: IntArray

    def __len__(self) -> int:
        """Return P, the number of steps of all series."""
        return len(self.values)

    @property
    def lengths(self) -> IntArray:
        """Return (S,) the number of steps of each series."""
        return np.diff(self.starts)

    def position_of(self, rows: IntArray) -> IntArray:
        """Return (N,) the position among all steps of each source row.

        Raises:
            InputError: a row that is no step of this timeline.
        """
        order = np.argsort(self.rows, kind="stable")
        if not len(order) and len(rows):
            raise InputError(f"The timeline has no steps, and source row {int(rows[0]):,} was asked for.")
        places = np.searchsorted(self.rows[order], rows).clip(max=len(order) - 1)
        positions = order[places] if len(rows) else np.empty(0, dtype=np.int64)
        strange = np.flatnonzero(self.rows[positions] != rows)
        if len(strange):
            first = int(rows[strange[0]])
            raise InputError(
                f"Source row {first:,} is no step of the timeline ({len(strange):,} such rows). Expected rows of the records "
                "that it was made from. Make the timeline from all records, and then look up the rows of a part."
            )
        return positions.astype(np.int64)

    def series_of(self, positions: IntArray) -> IntArray:
        """Return (N,) the number of the series that each position among all steps belongs to."""
        return np.searchsorted(self.starts, positions, side="right").astype(np.int64) - 1
