"""Records: named columns, and for each example where in the person's files it came from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import polars as pl

from espalier.core.pictures import Album
from espalier.core.schema import Column

if TYPE_CHECKING:
    from espalier.core.timeline import Timeline

IntArray: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Hints:
    """What the form of a source says by itself about its columns, as a folder of pictures does.

    Args:
        columns: those whose kind and role need not be found out.
        target: the column that is predicted where the person names none.
        part: the column that names the part of each row.
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    target: str | None = None
    part: str | None = None


@dataclass(frozen=True)
class Records:
    """Named columns, and where each row came from.

    Args:
        frame: the columns, as they were read.
        rows: (N,) int64, the line in the source; the first row after a header line is line 2.
        source: the name the person gave.
        notes: what the reader found out and the person should know ("read as CP949", "delimiter ';'").
        hints: what the form of the source says about its columns.
        album: opens the pictures that a column of kind "image" names; None where there is none.
        timeline: the whole series whose steps the rows are, those of other parts included; None where rows do not run in time.
    """

    frame: pl.DataFrame
    rows: IntArray
    source: str = ""
    notes: tuple[str, ...] = ()
    hints: Hints = Hints()
    album: Album | None = field(default=None, repr=False, compare=False)
    timeline: "Timeline | None" = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.frame.height

    def take(self, index: IntArray) -> "Records":
        """Return the rows at these positions, in this order."""
        return replace(self, frame=self.frame[index], rows=self.rows[index])


@dataclass(frozen=True)
class TrainRecords:
    """The training part. Only `data.split` makes it, and only it can be fitted on."""

    records: Records

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.records)


@dataclass(frozen=True)
class SealedRecords:
    """The test part. It must be opened to be seen, and every opening is written down.

    Args:
        hidden: the records; nobody but `open` reads them.
        record: called with the reason at each opening, for example to count it in the run folder.
    """

    hidden: Records = field(repr=False)
    record: Callable[[str], None] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """Return the number of rows; counting them does not open the part."""
        return len(self.hidden)

    def open(self, reason: str) -> Records:
        """Return the records and write down that they were opened, and why."""
        if self.record is not None:
            self.record(reason)
        return self.hidden


@dataclass(frozen=True)
class Splits:
    """Train, valid and test: three parts of one source that share no row."""

    train: TrainRecords
    valid: Records
    test: SealedRecords
