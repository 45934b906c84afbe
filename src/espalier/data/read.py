"""Read: which kind of data a source holds, and its records."""

import hashlib
from pathlib import Path
from typing import Literal, TypeAlias

from espalier.core.errors import SourceError
from espalier.core.records import Records
from espalier.core.schema import Kind
from espalier.data.kinds import images, panel, picture_paths, table, windows

KindOfData: TypeAlias = Literal["table", "images", "series"]


def kind_of(source: object, asked: KindOfData | None = None) -> KindOfData:
    """Return which kind of data a source is read as.

    Args:
        source: what the person named.
        asked: the kind that the person asked for; None to find out.

    Raises:
        SourceError: pictures or series were asked for, and the source holds none.
    """
    if asked == "table":
        return "table"
    if asked != "images" and windows.reads(source, is_asked=asked == "series"):
        return "series"
    if asked == "series":
        if isinstance(source, str | Path) and Path(source).is_dir():
            raise windows.source_error(source)
        return "table"  # whose rows are steps
    if images.reads(source, is_asked=asked is not None):
        return "images"
    if asked == "images":
        raise images.source_error(source)
    return "table"


def read(source: object, *, query: str | None = None, kind: KindOfData | None = None) -> Records:
    """Return a source as records.

    Args:
        source: a table (see `kinds.table.read`), pictures (see `kinds.images.read`) or windows (see `kinds.windows.read`).
        query: for a database or a workbook.
        kind: what it is to be read as; None to find out.

    Raises:
        SourceError: the source is missing, empty, damaged or of another form; the message says what to do.

    Example:
        >>> read("sample:digits").frame.shape, read("sample:digits", kind="images").frame.columns
        ((1797, 65), ['image', 'label'])
    """
    found = kind_of(source, kind)
    if found == "table":
        records = table.read(source, query=query)
        return (
            records
            if kind == "table"
            else panel.with_long(picture_paths.with_pictures(source, records), is_asked=kind == "series")
        )
    if query is not None:
        what = "pictures" if found == "images" else "windows"
        raise SourceError(f"A query was given for {what}: '{query}'. Leave the query out.")
    return images.read(source) if found == "images" else windows.read(source)


def fingerprint(source: object, records: Records) -> str:
    """Return a SHA-256 that tells whether a source is still the same.

    Args:
        source: what was given to `read`.
        records: what `read` returned for it.
    """
    if isinstance(source, str | Path) and Path(source).is_dir() and records.album is None:
        return windows.fingerprint(records)
    column = next((name for name, one in records.hints.columns.items() if one.kind is Kind.IMAGE), None)
    if records.album is None or column is None:
        return table.fingerprint(source, records)
    pictures = records.album.fingerprint(records.frame.get_column(column).drop_nulls().to_list())
    if kind_of(source, "images" if source == images.DIGITS else None) == "images":
        return pictures
    return hashlib.sha256(f"{table.fingerprint(source, records)} {pictures}".encode()).hexdigest()
