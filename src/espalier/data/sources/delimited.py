"""Delimited text: CSV, TSV and their relatives, with a header line. One record is one line, or more where a field is quoted."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from espalier.core.errors import EmptySourceError, FormatError, MissingHeaderError, RaggedRowsError, SourceError
from espalier.core.records import IntArray, Records
from espalier.data.sources.columns import NUM_NAMED, clean_names, named
from espalier.data.sources.dialect import Dialect, find_dialect
from espalier.data.sources.encoding import checked_utf8
from espalier.data.sources.header import check_header
from espalier.data.sources.lenient import rewritten
from espalier.data.sources.lines import Counts, Layout, Marks, count, holds_rows, scan
from espalier.data.sources.plain_numbers import type_numbers
from espalier.data.sources.text import HEAD_BYTES, Text, in_utf8, open_text

SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".psv", ".dat", ".data")
MAX_SUSPECTS = 1000  # fields over several lines of one column that are looked at
MIN_SUSPECT_FIELDS = 3  # with two columns, one comma in each line of a text is nothing to warn of


@dataclass(frozen=True)
class Rows:
    """The rows of a text.

    Args:
        frame: every column as text.
        lines: (N,) int64, the line where each row begins.
        marks: what they were read with.
        notes: what the person should know.
    """

    frame: pl.DataFrame
    lines: IntArray
    marks: Marks
    notes: tuple[str, ...] = ()


def read(path: Path) -> Records:
    """Return the columns of a delimited text file; plain numbers typed, everything else as it is written.

    Raises:
        SourceError: the file cannot be read as a table; the message names the line.
        ColumnError: a column name occurs twice, or there are too many columns.
    """
    text = open_text(path)
    dialect = _dialect(text)
    try:
        counts = count(checked_utf8(text.blocks()), dialect.marks)
    except UnicodeDecodeError:
        text = in_utf8(text)
        dialect = _dialect(text)
        counts = count(text.blocks(), dialect.marks)
    _check_header(dialect, path.name)
    names, name_notes = clean_names(dialect.header, path.name)
    if counts.lines == dialect.header_lines:
        raise _only_header(path, names)
    found = _read_rows(text, dialect, counts)
    if not len(found.lines):
        raise _only_header(path, names)
    columns = [column.alias(name) for column, name in zip(found.frame, names, strict=True)]
    notes = (*text.notes, *replace(dialect, marks=found.marks).notes, *name_notes, *found.notes)
    lines = found.lines
    del text, found  # so that the text of each column is freed as soon as it is typed
    type_numbers(columns)
    return Records(pl.DataFrame(columns), lines, str(path), notes)


def _dialect(text: Text) -> Dialect:
    head = text.head()
    return find_dialect(head, whole=len(head.encode()) < HEAD_BYTES)


def _check_header(dialect: Dialect, name: str) -> None:
    place = f"{name}, line {dialect.header_lines}"
    check_header(dialect.header, dialect.columns(), place)
    widths = {row[0].count(",") + 1 for row in dialect.rows if len(row) == 1}
    if len(dialect.header) == 1 and len(dialect.rows) > 1 and len(widths) == 1 and min(widths) >= MIN_SUSPECT_FIELDS:
        raise MissingHeaderError(
            f"{place}, is '{dialect.header[0][:40]}', one field, while the lines below have {min(widths)}. "
            "Expected column names. Delete the lines above the line of column names, or add one."
        )


def _only_header(path: Path, names: list[str]) -> EmptySourceError:
    return EmptySourceError(
        f"{path.name} has a header line with {len(names)} column{'s' if len(names) > 1 else ''} ({named(names)}) and no rows. "
        "Expected at least one line of values below it."
    )


def _read_rows(text: Text, dialect: Dialect, counts: Counts) -> Rows:
    frame = _parse(text.source, dialect, dialect.marks)
    if frame is not None and _is_regular(frame, dialect, counts):
        first = dialect.header_lines + 1
        last = counts.lines
        lines = np.arange(first, last + 1, dtype=np.int64)
        blank = np.arange(last + 1, last + 1 + counts.blank_end)
        frame = _without_empty(frame.head(len(lines)), counts.quotes)
        return Rows(frame, lines, dialect.marks, _blank_note(blank))
    del frame
    return _read_irregular(text, dialect, counts)


def _parse(source: Path | bytes, dialect: Dialect, marks: Marks) -> pl.DataFrame | None:
    """Return every column as text, or None when the column engine refuses the text."""
    try:
        frame = pl.read_csv(
            source,
            separator=marks.delimiter,
            quote_char=marks.quote,
            eol_char=marks.end,
            skip_lines=dialect.skipped_lines,
            infer_schema=False,
            glob=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    return frame if frame.width == len(dialect.header) else None


def _is_regular(frame: pl.DataFrame, dialect: Dialect, counts: Counts) -> bool:
    """Return whether each record is one line with every field in it.

    The engine fills up lines that are too short in silence, and refuses lines that are too long. So the delimiters of the
    text, without those inside fields, are as many as the table needs exactly when no line is short.
    """
    height = counts.lines - dialect.header_lines
    if dialect.marks.quote is not None and counts.quotes % 2:
        return False  # one of them is never closed
    if frame.height != height + counts.blank_end:
        return False
    needed = (len(dialect.header) - 1) * height
    missing = _before_rows(dialect) + needed - counts.delimiters
    if missing and counts.quotes:
        delimiter = dialect.marks.delimiter
        inside = frame.select(pl.all().str.count_matches(delimiter, literal=True).sum()).sum_horizontal().item()
        missing += int(inside or 0)
    return missing == 0


def _before_rows(dialect: Dialect) -> int:
    """Return the delimiters before the first row: those of the header, in its names too, and of the lines above it."""
    in_names = sum(cell.count(dialect.marks.delimiter) for cell in dialect.header)
    return len(dialect.header) - 1 + in_names + dialect.skipped_delimiters


def _without_empty(frame: pl.DataFrame, quotes: int) -> pl.DataFrame:
    """Return the frame with null for an empty field in quotes, as the engine already gives for one without."""
    if not quotes:
        return frame
    return frame.with_columns(pl.when(pl.all() != "").then(pl.all()).name.keep())


def _read_irregular(text: Text, dialect: Dialect, counts: Counts) -> Rows:
    """Read a text with fields over several lines, blank lines, or quotes that are letters.

    Raises:
        RaggedRowsError: no way of reading the quotes gives every line the fields of the header.
    """
    width = len(dialect.header)
    enclosing = dialect.marks if dialect.marks.quote else replace(dialect.marks, quote='"')
    may_be_letters = counts.quotes > 0 and (enclosing.delimiter == "\t" or not dialect.encloses or dialect.marks.quote is None)
    choices = [enclosing] + ([replace(enclosing, quote=None)] if may_be_letters else [])
    readings = [(marks, scan(text.blocks(), marks).after(dialect.header_lines)) for marks in choices]
    whole = [reading for reading in readings if not reading[1].unclosed and not len(reading[1].ragged(width))]
    if dialect.marks.quote is None or enclosing.delimiter == "\t":
        whole.reverse()  # where every line is a whole record when quotes are letters, no field spans lines
    for marks, found in whole:
        layout = found.without_inner_blanks() if width == 1 else found  # in one column a blank line is a missing cell
        frame = _parse(text.source, dialect, marks)
        if frame is not None and frame.height == len(layout.lines):
            lines, blank = layout.lines[~layout.blank], layout.lines[layout.blank]
            frame = _without_empty(frame.filter(pl.Series(~layout.blank)), counts.quotes)
            return Rows(frame, lines, marks, (*_blank_note(blank), *_swallowed_note(frame, lines, marks)))
    again = rewritten(text, dialect)
    if again is not None:
        frame = _parse(again.content, again.dialect, again.dialect.marks)
        if frame is not None and frame.height == len(again.lines):
            return Rows(_without_empty(frame, counts.quotes), again.lines, enclosing, (*_blank_note(again.blank), again.note))
    raise _unreadable(text, width, min(readings, key=lambda reading: len(reading[1].ragged(width))))


def _blank_note(lines: IntArray) -> tuple[str, ...]:
    if not len(lines):
        return ()
    return (f"{len(lines):,} blank line{'s' if len(lines) > 1 else ''} left out: line {named(lines.tolist())}",)


def _swallowed_note(frame: pl.DataFrame, lines: IntArray, marks: Marks) -> tuple[str, ...]:
    """Return a warning when fields over several lines look as if a quote were missing and they had swallowed rows."""
    if marks.quote is None or frame.width < MIN_SUSPECT_FIELDS:
        return ()
    found: list[int] = []
    for place, column in enumerate(frame):
        spanning = column.str.contains(marks.end, literal=True) & column.str.contains(marks.delimiter, literal=True)
        for row in spanning.arg_true().head(MAX_SUSPECTS):
            if holds_rows(column[row], place, frame.width, marks):
                found.append(int(lines[row]))
    if not found:
        return ()
    return (f"a field that begins in line {named(sorted(found))} holds what look like whole rows: is a quote missing there?",)


def _line_of_open_quote(text: Text, layout: Layout, marks: Marks) -> int:
    """Return the only line with an odd number of quotes, or else the line where the last record begins."""
    quotes = scan(text.blocks(), Marks(delimiter=marks.quote or '"', quote=None, end=marks.end))
    odd = np.flatnonzero((quotes.fields - 1) % 2)
    return int(quotes.lines[odd[0]] if len(odd) == 1 else layout.lines[-1])


def _unreadable(text: Text, width: int, reading: tuple[Marks, Layout]) -> SourceError:
    """Return the error for a text of which some records do not have the fields of the header."""
    marks, layout = reading
    name = text.path.name
    bad = layout.ragged(width)
    mark = {"\t": "a tab"}.get(marks.delimiter, f"'{marks.delimiter}'")
    if layout.unclosed:
        return RaggedRowsError(
            f"{name}, line {_line_of_open_quote(text, layout, marks):,}: a quote ({marks.quote}) opens a field "
            "and is never closed. Close it, or write a quote inside a field twice."
        )
    if not len(bad):
        return FormatError(
            f"{name} cannot be read: some quotes ({marks.quote}) neither enclose a whole field "
            "nor are written twice inside one. Enclose these fields in quotes, and write each quote inside them twice."
        )
    if len(bad) == np.count_nonzero(~layout.blank) and len(bad) > 1 and bool((layout.fields[bad] == width + 1).all()):
        return RaggedRowsError(
            f"{name}: every line has {width + 1} fields and the header has {width}. Expected a name for each column. "
            "The name of the first column is often the missing one: add it to the header, for example 'row'."
        )
    places = [
        f"line {line:,} has {fields:,}" for line, fields in zip(layout.lines[bad[:NUM_NAMED]], layout.fields[bad], strict=False)
    ]
    rest = f" and {len(bad) - NUM_NAMED:,} more" if len(bad) > NUM_NAMED else ""
    return RaggedRowsError(
        f"{name}: {len(bad):,} line{'s do' if len(bad) > 1 else ' does'} not have the {width} field{'s' if width > 1 else ''} "
        f"of the header: {', '.join(places)}{rest}. "
        f"Expected {width} field{'s' if width > 1 else ''} between {mark}; enclose a field that holds {mark} in quotes."
    )
