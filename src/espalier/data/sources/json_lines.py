"""JSON Lines: one object in each line; its keys are the columns."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from espalier.core.errors import EmptySourceError, EncodingError, FormatError
from espalier.core.records import IntArray, Records
from espalier.data.sources.columns import clean_names, plain_types
from espalier.data.sources.encoding import checked_utf8
from espalier.data.sources.lines import Marks, count
from espalier.data.sources.text import UTF8_MARK, Text, in_utf8, open_text

SUFFIXES = (".jsonl", ".ndjson")
MAX_SHOWN = 60  # letters of a wrong line that a message repeats


def read(path: Path) -> Records:
    """Return the columns of a JSON Lines file; a key that a line lacks is missing there. Rows are lines, from 1.

    Raises:
        FormatError: a line that is no JSON object; the message names it.
        EmptySourceError: no line, or only objects without keys.
        ColumnError: too many columns.
    """
    text = open_text(path)
    try:
        counts = count(checked_utf8(text.blocks()), Marks(","))
    except UnicodeDecodeError:
        text = in_utf8(text)
        counts = count(text.blocks(), Marks(","))
    text = _without_mark(text)
    try:
        frame = pl.read_ndjson(text.source, infer_schema_length=None)
        extra: tuple[str, ...] = ()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        frame, extra = _read_slowly(text)
    if not frame.width:
        raise EmptySourceError(f'{path.name} holds objects without a key. Expected lines such as {{"age": 31}}.')
    rows = np.arange(1, frame.height + 1) if counts.lines == frame.height else _written_lines(text)
    names, name_notes = clean_names(frame.columns, path.name)
    frame.columns = names
    frame, type_notes = plain_types(frame, path.name)
    return Records(frame, rows, str(path), ("JSON Lines", *text.notes, *extra, *name_notes, *type_notes))


def _without_mark(text: Text) -> Text:
    if next(text.blocks()).startswith(UTF8_MARK):
        content = text.path.read_bytes() if text.content is None else text.content
        return replace(text, content=content.removeprefix(UTF8_MARK))
    return text


def _lines(text: Text) -> Iterator[bytes]:
    rest = b""
    for block in text.blocks():
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _written_lines(text: Text) -> IntArray:
    return np.array([number for number, line in enumerate(_lines(text), start=1) if line.strip()], dtype=np.int64)


def _read_slowly(text: Text) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Read line by line, to name the line that the engine refuses, or to accept what only Python's reader does (NaN)."""
    objects = []
    for number, line in enumerate(_lines(text), start=1):
        if line.strip():
            objects.append(_object(line, f"{text.path.name}, line {number:,},"))
    try:
        frame = pl.from_dicts(objects, infer_schema_length=None, strict=False)
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise FormatError(
            f"{text.path.name} cannot be made a table: {str(error).splitlines()[0]}. "
            "Expected that one key holds one kind of value in every line, not a number here and a list there."
        ) from error
    return frame, ("some lines are not strict JSON or mix kinds of values; they were read all the same",)


def _object(line: bytes, place: str) -> dict[str, object]:
    shown = line[:MAX_SHOWN].decode("utf-8", errors="replace").strip()
    try:
        value = json.loads(line)
    except UnicodeDecodeError as error:
        raise EncodingError(f"{place} holds bytes that are no UTF-8. Save the file again as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise FormatError(
            f"{place} is no JSON: {error.msg} at letter {error.pos + 1} of '{shown}'. "
            'Expected one whole object in each line, such as {"age": 31}.'
        ) from error
    if not isinstance(value, dict):
        form = {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}.get(type(value), "a number")
        raise FormatError(f"{place} is {form}: '{shown}'. Expected one object in each line, such as {{\"age\": 31}}.")
    return value
