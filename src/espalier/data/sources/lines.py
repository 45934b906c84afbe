"""Where records begin in a delimited text, and how many fields each has: the column engine does not tell.

Two looks at the bytes, both by whole blocks. `count` is a fast pass that nearly every file needs; when its numbers agree
with the table that was read, each record is one line. `scan` finds the line and the number of fields of every record; it
is needed for fields that span lines, blank lines, and lines with too few or too many fields.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from espalier.core.records import IntArray

SPACES = " \t\r"
TAIL_BYTES = 4096  # looked at for blank lines at the end; more of them than this holds are found by `scan`
BoolArray = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Marks:
    """The bytes that give a text its form.

    Args:
        delimiter: between fields.
        quote: around fields; None when quotes are letters like any other.
        end: of a line.
    """

    delimiter: str
    quote: str | None = '"'
    end: str = "\n"


@dataclass(frozen=True)
class Counts:
    """How often each mark occurs, in quotes or not.

    Args:
        lines: number of lines; a last line without an end counts, blank lines at the end do not.
        blank_end: number of blank lines at the end.
        delimiters: number of delimiters.
        quotes: number of quotes.
    """

    lines: int
    blank_end: int
    delimiters: int
    quotes: int


@dataclass(frozen=True)
class Layout:
    """Every record of a text, its header included.

    Args:
        lines: (N,) int64, the line where each record begins, from 1.
        fields: (N,) int64, its number of fields.
        blank: (N,) bool, true for a line with nothing but spaces in it.
        unclosed: the last record begins a quote that is never closed.
    """

    lines: IntArray
    fields: IntArray
    blank: BoolArray
    unclosed: bool

    def without_inner_blanks(self) -> "Layout":
        """Return the same records with only the blank lines at the end counted as blank."""
        inner = np.cumsum(~self.blank[::-1])[::-1] > 0
        return replace(self, blank=self.blank & ~inner)

    def after(self, line: int) -> "Layout":
        """Return the records that begin behind a line."""
        start = int(np.searchsorted(self.lines, line, side="right"))
        return Layout(self.lines[start:], self.fields[start:], self.blank[start:], self.unclosed)

    def ragged(self, width: int) -> IntArray:
        """Return the positions of the records that are not blank and have another number of fields."""
        return np.flatnonzero((self.fields != width) & ~self.blank)


def count(blocks: Iterable[bytes], marks: Marks) -> Counts:
    r"""Return how often each mark occurs.

    Example:
        >>> count([b'a,b\n', b'1,"x"'], Marks(","))
        Counts(lines=2, blank_end=0, delimiters=2, quotes=2)
    """
    end, delimiter, quote = (ord(mark) for mark in (marks.end, marks.delimiter, marks.quote or '"'))
    lines = delimiters = quotes = 0
    tail = b""
    for block in blocks:
        values = np.frombuffer(block, dtype=np.uint8)
        lines += int(np.count_nonzero(values == end))
        delimiters += int(np.count_nonzero(values == delimiter))
        quotes += int(np.count_nonzero(values == quote))
        ending = block[-TAIL_BYTES:]
        written = ending.rstrip(b"\r\n")
        tail = ending[len(written) :] if written else tail + ending
    ends = tail.count(end)
    blank = max(0, ends - 1)
    return Counts(lines + (ends == 0) - blank, blank, delimiters, quotes)


def holds_rows(field: str, place: int, width: int, marks: Marks) -> bool:
    r"""Return whether a field over several lines is cut out of whole rows: then a quote is missing where it begins.

    Args:
        field: the text between the quotes.
        place: of the field in its record, from 0.
        width: fields of a record.
        marks: of the text.

    Example:
        >>> holds_rows("nice\n2,0,bad\n3,1,good", place=2, width=3, marks=Marks(","))
        True
    """
    first, *inner, last = [line.count(marks.delimiter) for line in field.split(marks.end)]
    return first == width - 1 - place and last == place and all(number == width - 1 for number in inner)


def scan(blocks: Iterable[bytes], marks: Marks) -> Layout:
    r"""Return where every record begins and how many fields it has.

    A line end or a delimiter counts when an even number of quotes stands before it; a doubled quote inside a field does
    not disturb that (RFC 4180, section 2).

    Example:
        >>> layout = scan([b'a,b\n1,"x\ny, z"\n\n2\n'], Marks(","))
        >>> layout.lines.tolist(), layout.fields.tolist(), layout.blank.tolist()
        ([1, 2, 4, 5], [2, 2, 1, 1], [False, False, True, False])
    """
    state = _State()
    parts = [state.read(block, marks) for block in blocks]
    parts.append(state.close())
    ends, end_lines, delimiters, spaces = (np.concatenate(column) for column in zip(*parts, strict=True))
    starts = np.concatenate([[0], ends[:-1] + 1])
    return Layout(
        lines=np.concatenate([[1], end_lines[:-1] + 1]).astype(np.int64),
        fields=np.diff(delimiters, prepend=0) + 1,
        blank=ends - starts == np.diff(spaces, prepend=0),
        unclosed=state.inside,
    )


class _State:
    """What one block hands to the next: counts of everything before it."""

    def __init__(self) -> None:
        self.position = 0  # bytes
        self.lines = 0  # line ends, in quotes or not
        self.delimiters = 0  # delimiters outside quotes
        self.spaces = 0  # bytes that do not show
        self.inside = False  # an odd number of quotes
        self.last_end = -1  # position of the last end of a record

    def read(self, block: bytes, marks: Marks) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Return for each record that ends here: position of its end, its last line, delimiters and spaces up to it."""
        values = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero(values == ord(marks.end))
        lines = np.arange(self.lines + 1, self.lines + 1 + len(ends))
        delimiters = np.flatnonzero(values == ord(marks.delimiter))
        self.lines += len(ends)
        if marks.quote is not None:
            quotes = np.flatnonzero(values == ord(marks.quote))
            open_ends = self._open(quotes, ends)
            ends, lines = ends[~open_ends], lines[~open_ends]
            delimiters = delimiters[~self._open(quotes, delimiters)]
            self.inside ^= bool(len(quotes) % 2)
        spaces = np.flatnonzero(np.isin(values, [ord(mark) for mark in SPACES if mark not in (marks.delimiter, marks.end)]))
        part = (
            ends + self.position,
            lines,
            np.searchsorted(delimiters, ends) + self.delimiters,
            np.searchsorted(spaces, ends) + self.spaces,
        )
        self.position += len(values)
        self.delimiters += len(delimiters)
        self.spaces += len(spaces)
        self.last_end = int(part[0][-1]) if len(ends) else self.last_end
        return part

    def _open(self, quotes: IntArray, places: IntArray) -> BoolArray:
        return (np.searchsorted(quotes, places) + self.inside) % 2 == 1

    def close(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Return the last record when no line end closes it."""
        rest = int(self.position > self.last_end + 1)
        return (
            np.full(rest, self.position),
            np.full(rest, self.lines + 1),
            np.full(rest, self.delimiters),
            np.full(rest, self.spaces),
        )
