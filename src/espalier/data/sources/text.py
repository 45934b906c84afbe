"""Text files as UTF-8: unpacked and recoded where needed, and otherwise left on disk, to be read only once more."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from espalier.core.errors import EmptySourceError, FormatError
from espalier.data.sources.compression import ENDINGS, compression_of, unpack
from espalier.data.sources.encoding import CONTROL, decoded, marked_encoding, recoded

BLOCK_BYTES = 1 << 22
HEAD_BYTES = 1 << 20
MAX_HEAD_BYTES = 1 << 26  # a header line may be longer than one head, not longer than this
MAX_STRAY_FRACTION = 0.01  # zero bytes among the letters of a text; with more, it is no text at all
UTF8_MARK = b"\xef\xbb\xbf"
OTHER_FORMS = {  # first bytes of binary files that are often given a wrong name
    b"PAR1": "a Parquet file: name it .parquet",
    b"SQLite format 3\0": "an SQLite database: name it .sqlite",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook: unpack it, or name it .xlsx",
    b"\xd0\xcf\x11\xe0": "an old Office file: name it .xls if it is an Excel workbook",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"BZh": "a bzip2 archive: unpack it",
    b"\xfd7zXZ": "an xz archive: unpack it",
}
OTHER_TEXTS = {  # the same for files that may hold no zero byte; in small letters
    b"%pdf-": "a PDF document",
    b"<!doctype html": "a web page: download the file itself, not the page around it",
    b"<html": "a web page: download the file itself, not the page around it",
    b"{\\rtf": "a formatted text (RTF): save it as plain text",
}


@dataclass(frozen=True)
class Text:
    """The text of one file.

    Args:
        path: the file.
        content: UTF-8 in memory when the file is packed or in another encoding; None when the file is read as it is.
        encoding: the encoding of the file.
        notes: what was found out about compression and encoding.
    """

    path: Path
    content: bytes | None
    encoding: str = "UTF-8"
    notes: tuple[str, ...] = ()

    @property
    def source(self) -> Path | bytes:
        """Return what the column engine reads."""
        return self.path if self.content is None else self.content

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes from their beginning."""
        if self.content is not None:
            for start in range(0, len(self.content), BLOCK_BYTES):
                yield self.content[start : start + BLOCK_BYTES]
            return
        with self.path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block

    def head(self) -> str:
        """Return the first lines: at least one whole line, and about a million bytes when there are more."""
        head = b""
        for block in self.blocks():
            head += block
            if len(head) >= HEAD_BYTES and (b"\n" in head or b"\r" in head or len(head) >= MAX_HEAD_BYTES):
                break
        if len(head) > HEAD_BYTES:
            head = head[: max(HEAD_BYTES, head.find(b"\n") + 1)]
        return head.removeprefix(UTF8_MARK).decode("utf-8", errors="replace")


def open_text(path: Path) -> Text:
    """Return a file's text; that it is UTF-8 throughout is still to be checked, see `checked_utf8` and `in_utf8`.

    Raises:
        EmptySourceError: the file holds nothing.
        FormatError: the file is no text, or its compressed data are cut off or damaged.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    text = Text(path, None)
    compression = compression_of(head)
    if compression is not None:
        text = Text(path, unpack(path, compression), notes=(f"compression {compression}",))
        head = (text.content or b"")[:HEAD_BYTES]
    elif path.suffix.lower() in ENDINGS:
        text = replace(text, notes=(f"not compressed, although its name ends in {path.suffix}",))
    encoding = marked_encoding(head)
    if encoding is not None:
        text = _in_wide(text, encoding)
        head = (text.content or b"")[:HEAD_BYTES]
    if not head.removeprefix(UTF8_MARK).strip():
        raise EmptySourceError(f"{path.name} is empty: it holds no text. Expected a table: column names and rows.")
    if encoding is not None:
        return text
    _refuse_binary(head, path)
    mark = " with a byte order mark" if head.startswith(UTF8_MARK) else ""
    return replace(text, notes=(*text.notes, f"encoding UTF-8{mark}"))


def in_utf8(text: Text) -> Text:
    """Return the text of a file that was found not to be UTF-8, in UTF-8.

    Raises:
        EncodingError: no encoding fits.
    """
    content, encoding = recoded(text.blocks, text.path.name)
    spoken = {"CP949": "CP949 (EUC-KR)", "CP1252": "CP1252 (Latin-1)"}[encoding]
    return Text(text.path, content, encoding, (*text.notes[:-1], f"encoding {spoken}"))


def _in_wide(text: Text, encoding: str) -> Text:
    try:
        content = decoded(text.blocks(), encoding)
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{text.path.name} begins like {encoding} text and then breaks off or is damaged ({error.reason}). "
            "Copy the file again, or save it as UTF-8."
        ) from error
    return Text(text.path, content, encoding, (*text.notes, f"encoding {encoding}"))


def _refuse_binary(head: bytes, path: Path) -> None:
    start = head.removeprefix(UTF8_MARK).lstrip()[:20]
    forms = [form for magic, form in OTHER_TEXTS.items() if start.lower().startswith(magic)]
    if b"\0" in head:
        forms += [form for magic, form in OTHER_FORMS.items() if head.startswith(magic)]
    if forms:
        raise FormatError(f"{path.name} is no table of text: it is {forms[0]}.")
    if b"\0" in head:
        stray = head.count(0) <= MAX_STRAY_FRACTION * len(head)
        if stray and not CONTROL.search(head.replace(b"\0", b"").decode("latin-1")):
            line, place = head.count(b"\n", 0, head.index(0)) + 1, head.index(0) - head.rfind(b"\n", 0, head.index(0))
            raise FormatError(
                f"{path.name}, line {line:,}, holds a zero byte at place {place:,} of the line; expected letters alone. "
                f"Take it out, for example with: tr -d '\\000' < {path.name} > clean.csv"
            )
        raise FormatError(
            f"{path.name} is no text but a binary file: byte {head.index(0) + 1:,} is zero. "
            "Expected lines of text such as 'age,income'. Name the file it was made from, or save it as CSV."
        )
