"""Encodings of text: which one the bytes speak for, and the same text as UTF-8.

The order of evidence: a byte order mark; zero bytes at every other place (UTF-16); bytes that are UTF-8 throughout;
Korean (CP949, which holds EUC-KR) when most of its letters are the 2,350 common syllables of KS X 1001; Western European
(CP1252, which holds Latin-1) when bytes above 127 mostly stand alone between plain letters. Anything else is an error:
a wrong guess would change the person's words in silence.
"""

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from espalier.core.errors import EncodingError

Blocks = Callable[[], Iterator[bytes]]

MARKS = {  # byte order marks; UTF-32 before UTF-16, whose mark begins in the same way
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
MIN_KOREAN_FRACTION = 0.5  # Korean text is nearly all common syllables; Western text read as CP949 gives rare ones
MAX_NEIGHBOUR_FRACTION = 0.3  # Western accents stand alone; in Cyrillic, Greek or Chinese encodings they come in runs
KS_BYTES = 2  # a common syllable in EUC-KR; the codec spells every other one with 8 bytes
WIDE_SAMPLE_BYTES = 4096
SAMPLE_BYTES = 1 << 24
ENOUGH_LETTERS = 100_000
NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
HANGUL = re.compile("[가-힣]")
CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")


def marked_encoding(head: bytes) -> str | None:
    """Return "UTF-16" and the like when the first bytes say so by a mark or by their zero bytes, else None.

    Example:
        >>> marked_encoding("나이,값".encode("utf-16")), marked_encoding("age,price".encode("utf-16-le"))
        ('UTF-16', 'UTF-16-LE')
    """
    marked = next((name for mark, name in MARKS.items() if head.startswith(mark)), None)
    if marked is not None or b"\0" not in head:
        return marked
    sample = head[: min(WIDE_SAMPLE_BYTES, len(head) // 2 * 2)]
    for zero_place, name in ((1, "UTF-16-LE"), (0, "UTF-16-BE")):
        if 0 in sample[zero_place::2] and 0 not in sample[1 - zero_place :: 2]:
            text = sample.decode(name, errors="replace")
            if b"\n" in sample and "\n" not in text:
                continue  # lines end in one byte: a stray zero byte in plain text
            if not CONTROL.search(text) and text.count("\ufffd") <= 1:
                return name
    return None


def decoded(blocks: Iterable[bytes], encoding: str) -> bytes:
    """Return text of another encoding as UTF-8, without a byte order mark.

    Raises:
        UnicodeDecodeError: the bytes are not of this encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    content = io.BytesIO()
    for block in blocks:
        content.write(decoder.decode(block).encode("utf-8"))
    content.write(decoder.decode(b"", final=True).encode("utf-8"))
    return content.getvalue().removeprefix(codecs.BOM_UTF8)


def checked_utf8(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same blocks.

    Raises:
        UnicodeDecodeError: the bytes are no UTF-8; raised behind the block where that shows.
    """
    rest = b""
    for block in blocks:
        yield block
        if rest or not block.isascii():
            joined = rest + block
            rest = joined[codecs.utf_8_decode(joined, "strict", False)[1] :]
    codecs.utf_8_decode(rest, "strict", True)


def recoded(blocks: Blocks, name: str) -> tuple[bytes, str]:
    """Return text that is no UTF-8 as UTF-8, and the name of the encoding it was found to have.

    Args:
        blocks: gives the bytes from their beginning, as often as it is called.
        name: the file's name, for messages.

    Raises:
        EncodingError: no encoding fits; names the line and the byte.
    """
    valid, invalid = _utf8_letters(blocks())
    if valid >= invalid:
        raise EncodingError(
            f"{name}, {_first_invalid(blocks())}, is not UTF-8, although {valid:,} other letters beyond ASCII are. "
            "Correct that line, or save the file again as UTF-8."
        )
    for encoding, fits in (("cp949", _is_korean), ("cp1252", _is_western)):
        try:
            content = decoded(blocks(), encoding)
        except UnicodeDecodeError:
            continue
        if fits(content, blocks):
            return content, encoding.upper()
    raise EncodingError(
        f"{name}, {_first_invalid(blocks())}, is no text in UTF-8, UTF-16, CP949 (EUC-KR) or CP1252 (Latin-1). "
        "Save the file as UTF-8: in a spreadsheet, 'Save as' and 'CSV UTF-8'."
    )


def _utf8_letters(blocks: Iterable[bytes]) -> tuple[int, int]:
    """Return how many letters beyond ASCII are right and wrong when the bytes are read as UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    total = invalid = 0
    for block in blocks:
        if not block.isascii():
            text = decoder.decode(block)
            total += sum(map(len, NOT_ASCII.findall(text)))
            invalid += text.count("\ufffd")
    unfinished = decoder.decode(b"", final=True).count("\ufffd")
    return total - invalid, invalid + unfinished


def _first_invalid(blocks: Iterable[bytes]) -> str:
    """Return where the first byte stands that is no UTF-8, for example "line 3, byte 0xE9 (the 12th of the line)"."""
    lines, line = 0, b""
    for block in blocks:
        text = line + block
        ready = text.rfind(b"\n") + 1
        try:
            text[:ready].decode("utf-8")
        except UnicodeDecodeError as error:
            return _place(text, error.start, lines)
        lines, line = lines + text.count(b"\n"), text[ready:]
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return _place(line, error.start, lines)
    return "line 1"


def _place(text: bytes, position: int, lines_before: int) -> str:
    line = lines_before + text.count(b"\n", 0, position) + 1
    place = position - text.rfind(b"\n", 0, position)
    return f"line {line:,}, byte 0x{text[position]:02X} at place {place:,} of the line"


def _is_korean(content: bytes, blocks: Blocks) -> bool:
    letters = ""
    for start in range(0, len(content), SAMPLE_BYTES):
        letters += "".join(NOT_ASCII.findall(content[start : start + SAMPLE_BYTES].decode("utf-8", errors="ignore")))
        if len(letters) >= ENOUGH_LETTERS:
            break
    common = {letter for letter in set(HANGUL.findall(letters)) if len(letter.encode("euc_kr", errors="ignore")) == KS_BYTES}
    return sum(letter in common for letter in letters) >= MIN_KOREAN_FRACTION * len(letters)


def _is_western(content: bytes, blocks: Blocks) -> bool:
    high = neighbours = 0
    for block in blocks():
        above = np.frombuffer(block, dtype=np.uint8) > 127
        high += int(np.count_nonzero(above))
        neighbours += int(np.count_nonzero(above[1:] & above[:-1]))
    return neighbours <= MAX_NEIGHBOUR_FRACTION * high
