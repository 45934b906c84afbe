"""Whether a first line can be a line of column names, from the evidence in the lines below it."""

import re
from collections.abc import Iterable, Sequence

from espalier.core.errors import MissingHeaderError
from espalier.data.sources.columns import named

MIN_DATA_FRACTION = 0.5  # of the first line's cells look like values of their columns: then it is no header
MIN_DATA_CELLS = 2  # and at least so many of them do
MIN_COUNTED_HEADER = 10  # 0, 1, 2, ... is taken for column names from this many columns on (a frame saved without names)
YEARS = range(1800, 2201)
MIN_YEARS = 3
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def check_header(header: Sequence[str], columns: Iterable[tuple[str, Sequence[str]]], place: str) -> None:
    """Raise unless the cells of a first line can be column names.

    Numbers alone are no names, except a row of years, a long count 0, 1, 2, ..., and such a count behind an empty cell.
    A line that looks like the lines below it is none either.

    Args:
        header: the cells of the first line.
        columns: each of these cells with cells that stand below it; none when they are not known.
        place: where the line stands, for messages, for example "iris.csv, line 1".

    Raises:
        MissingHeaderError: names the first cells.

    Example:
        >>> check_header(["2019", "2020", "2021"], [], "income.csv, line 1")
        >>> check_header(["5.1", "3.5"], [], "iris.csv, line 1")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        espalier.core.errors.MissingHeaderError: iris.csv, line 1, is '5.1', '3.5': these look like values. ...
    """
    cells = [cell.strip() for cell in header]
    written = [cell for cell in cells if cell]
    only_numbers = bool(written) and all(NUMBER.fullmatch(cell) for cell in written) and not _counts_up(cells)
    if only_numbers or _is_like_values(columns, len(cells)):
        raise MissingHeaderError(
            f"{place}, is {named([repr(cell) for cell in cells])}: these look like values. "
            "Expected column names. Add a first line such as 'age,income'."
        )


def _counts_up(cells: Sequence[str]) -> bool:
    """Return whether the cells are years, or a long count from 0 or 1, or any count from 0 behind an empty cell."""
    if cells[0] == "" and len(cells) > MIN_DATA_CELLS:
        return list(cells[1:]) == [str(number) for number in range(len(cells) - 1)]
    if not all(cell.isdecimal() for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    steps = {after - before for before, after in zip(numbers, numbers[1:], strict=False)}
    if len(numbers) >= MIN_YEARS and len(steps) == 1 and steps != {0} and all(number in YEARS for number in numbers):
        return True
    return len(numbers) >= MIN_COUNTED_HEADER and steps == {1} and numbers[0] in (0, 1)


def _is_like_values(columns: Iterable[tuple[str, Sequence[str]]], width: int) -> bool:
    """Return whether most cells of a first line look like the cells below them.

    A decimal fraction, and a word that comes again in its own column, speak for that; a whole number above numbers only
    joins them, because years are common names.
    """
    strong = weak = 0
    for name, below in columns:
        cell = name.strip()
        if NUMBER.fullmatch(cell):
            strong += "." in cell
            weak += "." not in cell and bool(below) and all(NUMBER.fullmatch(other) for other in below)
        else:
            strong += cell != "" and any(other.strip() == cell for other in below)
    return strong > 0 and strong + weak >= max(MIN_DATA_CELLS, MIN_DATA_FRACTION * width)
