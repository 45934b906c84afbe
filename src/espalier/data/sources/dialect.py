"""How a delimited text is written: its delimiter, its quotes and where its header is, from the evidence of the first lines."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from espalier.data.sources.columns import named
from espalier.data.sources.header import NUMBER
from espalier.data.sources.lines import Marks

SAMPLE_LINES = 500
USUAL = (",", "\t", ";", "|")
UNUSUAL = "\x01\x1e:~^#&!*@ "  # tried when no usual delimiter splits the header
NONE = "\x1f"  # stands for "one column": a control character that is in no text
MIN_UNUSUAL_FRACTION = 0.9  # of the lines must have as many fields as the header before an unusual delimiter is believed
MIN_SPACED_FIELDS = 3  # two words are more often a name than two fields
DECIMAL_COMMA = re.compile(r"\s*[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+\s*")


@dataclass(frozen=True)
class Dialect:
    """How one text is written.

    Args:
        marks: delimiter, quote and line end.
        header: the cells of the header line.
        skipped_lines: lines before the header: blank ones, or one such as `sep=;` that spreadsheets write.
        skipped_delimiters: delimiters in those lines.
        header_lines: line on which the header ends, from 1.
        rows: the cells of the first rows.
        encloses: some field of the first rows is enclosed in quotes.
    """

    marks: Marks
    header: tuple[str, ...]
    skipped_lines: int
    skipped_delimiters: int
    header_lines: int
    rows: tuple[tuple[str, ...], ...]
    encloses: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the person should know about the form of the text."""
        spoken = {"\t": "tab", " ": "space", NONE: "none: one column"}.get(self.marks.delimiter, repr(self.marks.delimiter))
        notes = [f"delimiter {spoken}"]
        if self.marks.quote is None:
            notes.append("quotes are letters of the text here, they do not enclose fields")
        commas = [] if self.marks.delimiter == "," else [name for name, cells in self.columns() if _has_decimal_commas(cells)]
        if commas:
            notes.append(f"numbers with a decimal comma in {named(commas)}")
        return tuple(notes)

    def columns(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each header cell with the cells below it that are not empty; a header that is written again is left out."""
        rows = [row for row in self.rows if len(row) == len(self.header) and row != self.header]
        for place, name in enumerate(self.header):
            yield name, [row[place] for row in rows if row[place].strip()]


def find_dialect(head: str, *, whole: bool) -> Dialect:
    """Return how a text is written.

    Args:
        head: its first lines.
        whole: `head` is the whole text; otherwise its last line may be cut and is left out.
    """
    end = "\r" if "\r" in head and "\n" not in head else "\n"
    lines = head.splitlines(keepends=True) if end == "\r" else head.replace("\r\n", "\n").split("\n")
    lines = [line.rstrip("\r\n") + "\n" for line in lines]
    if not whole and len(lines) > 1:
        lines.pop()
    skipped = next((place for place, line in enumerate(lines) if line.strip()), 0)
    declared = re.fullmatch(r"sep=([\x00-\x7f])\s*", lines[skipped], flags=re.IGNORECASE)
    skipped += declared is not None
    lines = lines[skipped : skipped + SAMPLE_LINES]
    delimiter = declared.group(1) if declared else _delimiter(lines)
    quote, encloses = _quote(lines, delimiter)
    rows, ends = _split(lines, delimiter, quote)
    return Dialect(
        marks=Marks(delimiter, quote, end),
        header=tuple(rows[0]) if rows else ("",),
        skipped_lines=skipped,
        skipped_delimiters=int(declared is not None),
        header_lines=skipped + (ends[0] if ends else 1),
        rows=tuple(tuple(row) for row in rows[1:]),
        encloses=encloses,
    )


def _has_decimal_commas(cells: Sequence[str]) -> bool:
    fractions = [cell for cell in cells if DECIMAL_COMMA.fullmatch(cell)]
    return bool(fractions) and all(DECIMAL_COMMA.fullmatch(cell) or NUMBER.fullmatch(cell) for cell in cells)


def _split(lines: Sequence[str], delimiter: str, quote: str | None) -> tuple[list[list[str]], list[int]]:
    """Return the fields of each record and the line on which it ends, counted from 1; blank lines are left out."""
    if quote is None:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    rows, ends = [], []
    try:
        for row in reader:
            if row:
                rows.append(row)
                ends.append(reader.line_num)
    except csv.Error:  # a field beyond the reader's limit: a quote that is never closed; what came before is evidence enough
        pass
    return rows, ends


def _delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter under which most lines have as many fields as the header; then the one with more fields."""
    usual = {mark: _agreement(lines, mark) for mark in USUAL}
    usual = {mark: score for mark, score in usual.items() if score[1] > 1}
    if usual:
        return max(usual, key=lambda mark: usual[mark])
    unusual = {mark: _agreement(lines, mark) for mark in UNUSUAL if mark in lines[0].strip()}
    unusual = {
        mark: (share, width)
        for mark, (share, width) in unusual.items()
        if share >= MIN_UNUSUAL_FRACTION and width > (MIN_SPACED_FIELDS - 1 if mark == " " else 1)
    }
    if unusual and len(lines) > 1:
        return max(unusual, key=lambda mark: unusual[mark])
    return NONE


def _agreement(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    """Return the share of rows with as many fields as the header, quotes read one way or the other, and that number."""
    scores = []
    for quote in ('"', None):
        rows, _ = _split(lines, delimiter, quote)
        width = len(rows[0]) if rows else 0
        scores.append((sum(len(row) == width for row in rows[1:]) / max(1, len(rows) - 1), width))
    return max(scores)


def _quote(lines: Sequence[str], delimiter: str) -> tuple[str | None, bool]:
    """Return the quote that encloses fields, None when quotes are letters of the text; and whether some field is enclosed.

    They are letters when every line has as many fields without regard to quotes, and more quotes stand in places where
    none may stand than fields are rightly enclosed. Between tabs, where quotes seldom enclose anything, one such quote is
    enough, or one pair that would join lines.
    """
    text = "".join(lines)
    if '"' not in text:
        single = _encloses("'", lines, delimiter)
        return ("'", True) if single else ('"', False)
    enclosed = re.compile(f'(?:(?<=^)|(?<=[{re.escape(delimiter)}\n]))"(?:[^"]|"")*"(?=[{re.escape(delimiter)}\n]|$)')
    fields = enclosed.findall(text)
    stray = enclosed.sub("", text).count('"')
    if len({line.count(delimiter) for line in lines if line.strip()}) > 1:
        return '"', bool(fields)
    if delimiter == "\t":
        return (None if stray or any("\n" in field for field in fields) else '"'), bool(fields)
    return (None if stray > len(fields) else '"'), bool(fields)


def _encloses(quote: str, lines: Sequence[str], delimiter: str) -> bool:
    """Return whether most text fields of the first lines begin and end with this quote."""
    fields = [field for line in lines for field in line.rstrip("\n").split(delimiter) if re.search(r"[^\W\d]", field)]
    enclosed = [field for field in fields if len(field) > 1 and field[0] == field[-1] == quote]
    return len(enclosed) > len(fields) / 2
