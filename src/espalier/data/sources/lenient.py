"""Delimited text whose quotes break the rules: written anew by the standard library's reader, which forgives more.

The column engine wants quotes around a whole field, doubled inside it. Files from elsewhere have inch marks beside quoted
fields (`5" pipe`), a space before a quote, or backslashes before quotes. This reads row by row in Python, so it is slow,
and it is only asked when the engine can make nothing of a text.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from espalier.core.records import IntArray
from espalier.data.sources.dialect import Dialect
from espalier.data.sources.lines import Marks, holds_rows
from espalier.data.sources.text import Text

END = "\x04 end of the text"  # a line of its own behind the last one


@dataclass(frozen=True)
class Rewritten:
    """A text in the engine's own form.

    Args:
        content: UTF-8, every field in quotes.
        dialect: how it is written.
        lines: (N,) int64, the line of the original where each row begins.
        blank: lines of the original with nothing in them.
        note: what the person should know.
    """

    content: bytes
    dialect: Dialect
    lines: IntArray
    blank: IntArray
    note: str


def rewritten(text: Text, dialect: Dialect) -> Rewritten | None:
    """Return the text written anew, or None when some row does not have the fields of the header in this way either."""
    for escape, note in (
        (None, "some quotes do not enclose whole fields and were kept as letters"),
        ("\\", "quotes after a backslash were kept as letters"),
    ):
        found = _rewrite(text, dialect, escape)
        if found is not None:
            content, lines, blank = found
            plain = replace(dialect, marks=Marks(","), skipped_lines=0, skipped_delimiters=0, header_lines=1)
            return Rewritten(content, plain, np.array(lines, dtype=np.int64), np.array(blank, dtype=np.int64), note)
    return None


def _rewrite(text: Text, dialect: Dialect, escape: str | None) -> tuple[bytes, list[int], list[int]] | None:
    output = io.StringIO()
    writer = csv.writer(output, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(dialect.header)
    reader = csv.reader(
        _decoded_lines(text),
        delimiter=dialect.marks.delimiter,
        quotechar=dialect.marks.quote or '"',
        escapechar=escape,
        skipinitialspace=True,
    )
    width = len(dialect.header)
    lines: list[int] = []
    blank: list[int] = []
    before = 0
    try:
        for row in reader:
            if row == [END]:
                return output.getvalue().encode("utf-8"), lines, blank
            line, before = before + 1, reader.line_num
            if line <= dialect.header_lines:
                continue
            if row and (len(row) != width or _swallows(row, dialect.marks)):
                return None
            (lines if row else blank).append(line)
            if row:
                writer.writerow(row)
    except csv.Error:  # a field beyond the reader's limit: a quote that is never closed
        return None
    return None  # the end mark is inside a field: a quote that is never closed


def _swallows(row: list[str], marks: Marks) -> bool:
    return any(holds_rows(field, place, len(row), marks) for place, field in enumerate(row) if marks.end in field)


def _decoded_lines(text: Text) -> Iterator[str]:
    stream = io.BytesIO(text.content) if text.content is not None else text.path.open("rb")
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as lines:
        for line in lines:
            yield line if line.endswith(("\n", "\r")) else line + "\n"
        yield END
