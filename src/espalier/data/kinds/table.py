"""Tables: what a person may name as one, and which reader answers. One record is one row."""

import difflib
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from espalier.core.errors import FormatError, MissingSourceError, SourceError
from espalier.core.files import sha256
from espalier.core.records import Records
from espalier.data.sources import delimited, excel, frame, json_lines, parquet, postgresql, sample, sqlite
from espalier.data.sources.columns import named
from espalier.data.sources.compression import ENDINGS

PACKED = ("", *ENDINGS)
TEXT_SUFFIXES = tuple(ending + packed for ending in (*delimited.SUFFIXES, *json_lines.SUFFIXES) for packed in PACKED)
SUFFIXES = (*TEXT_SUFFIXES, *parquet.SUFFIXES, *excel.SUFFIXES, *sqlite.SUFFIXES)
SQLITE_URL = "sqlite:///"  # three strokes and a path beside this folder, four and a path from the root, as elsewhere
SLICE_ROWS = 1_000_000
Reader = Callable[[Path], Records]
AskedReader = Callable[[Path, str | None], Records]
READERS: Mapping[str, Reader] = (
    dict.fromkeys(delimited.SUFFIXES, delimited.read)
    | dict.fromkeys(json_lines.SUFFIXES, json_lines.read)
    | dict.fromkeys(parquet.SUFFIXES, parquet.read)
)
ASKED_READERS: Mapping[str, AskedReader] = dict.fromkeys(excel.SUFFIXES, excel.read) | dict.fromkeys(
    sqlite.SUFFIXES, sqlite.read
)


def read(source: object, *, query: str | None = None) -> Records:
    """Return a table as records.

    Args:
        source: a path of a file with one of `SUFFIXES`; `sample:NAME`; `postgresql://user@host/database`;
            `sqlite:///file.db`; or a pandas or polars frame.
        query: for a database SQL or the name of a table; for a workbook the name of a sheet.

    Raises:
        SourceError: the source is missing, empty, damaged or of another form; the message says what to do.
        ColumnError: a column name occurs twice, or there are too many columns.
        UnknownNameError: no such sample or sheet.
        MissingExtraError: a form that needs a package which is not installed.

    Example:
        >>> read("sample:wine").frame.shape
        (178, 14)
    """
    if frame.is_frame(source):
        _refuse_query(query, "a frame")
        return frame.read(source)
    if not isinstance(source, str | Path):
        raise SourceError(
            f"Cannot read a source of type '{type(source).__name__}'. Expected the path of a file, 'sample:NAME', "
            "a database URL, or a pandas or polars frame."
        )
    name = str(source)
    if name.startswith(sample.PREFIX):
        _refuse_query(query, "a sample")
        return sample.read(name.removeprefix(sample.PREFIX))
    if "://" in name and not Path(name).exists():
        return _read_url(name, query)
    return _read_file(_existing(Path(name).expanduser()), query)


def fingerprint(source: object, records: Records) -> str:
    """Return a SHA-256 that tells whether a source is still the same.

    Args:
        source: what was given to `read`.
        records: what `read` returned for it.

    Returns:
        For a file, of its bytes. For a frame, a sample or a database, of names, types and values, in hexadecimal.
    """
    if isinstance(source, str | Path) and "://" not in str(source):
        path = Path(source).expanduser()
        if path.is_file() and path.suffix.lower() not in sqlite.SUFFIXES:
            return sha256(path)
    digest = hashlib.sha256()
    for column in records.frame:
        digest.update(f"{column.name}\0{column.dtype}\0{len(column)}\0".encode())
        for start in range(0, len(column), SLICE_ROWS):
            _add(digest.update, column.slice(start, SLICE_ROWS))
    return digest.hexdigest()


def _add(update: Callable[[bytes], None], column: pl.Series) -> None:
    """Add the values of a column to a hash: which are missing, and the others one after the other with their lengths."""
    update(column.is_null().to_numpy().tobytes())
    if column.dtype == pl.Float32 or column.dtype == pl.Float64:
        update(column.fill_null(0.0).to_numpy().tobytes())
        return
    text = column.cast(pl.String).fill_null("")
    update(text.str.len_bytes().to_numpy().astype(np.int64).tobytes())
    update(text.str.join("").item().encode())


def _read_url(url: str, query: str | None) -> Records:
    if url.partition("://")[0] in postgresql.SCHEMES:
        return postgresql.read(url, query)
    if url.startswith(SQLITE_URL):
        return sqlite.read(_existing(Path(url.removeprefix(SQLITE_URL))), query)
    raise SourceError(
        f"'{postgresql.hidden(url)}' is a URL that cannot be read. Expected postgresql://, sqlite:/// or a file. "
        "Download the file first, or export the table."
    )


def _refuse_query(query: str | None, what: str) -> None:
    if query is not None:
        raise SourceError(f"A query was given for {what}: '{query}'. Expected a database or a workbook. Leave the query out.")


def _existing(path: Path) -> Path:
    """Return the path when it is a file that may be read."""
    if path.is_dir():
        tables = sorted(child.name for child in path.iterdir() if child.name.lower().endswith(SUFFIXES))
        hint = f"In it are: {named(tables)}." if tables else "It holds no table."
        raise SourceError(f"{path} is a folder. Expected a file. {hint} Name the file.")
    if not path.exists():
        raise _missing(path)
    if not path.is_file():
        raise SourceError(f"{path} is no plain file. Expected one. Write what it holds to a file first.")
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise SourceError(f"{path} cannot be opened: {error.strerror}. Check who may read it.") from error


def _missing(path: Path) -> MissingSourceError:
    if not path.parent.is_dir():
        return MissingSourceError(f"There is no file {path}: the folder {path.parent} does not exist. Check the path.")
    names = [child.name for child in path.parent.iterdir() if not child.name.startswith(".")]
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    hint = f"Did you mean '{near[0]}'?" if near else "Check the path."
    return MissingSourceError(f"There is no file {path}. {hint}")


def _read_file(path: Path, query: str | None) -> Records:
    ending = path.suffix.lower()
    if ending in ASKED_READERS:
        return ASKED_READERS[ending](path, query)
    _refuse_query(query, path.name)
    inner = Path(path.stem).suffix.lower() if ending in ENDINGS else ending
    if inner in READERS and (ending == inner or path.name.lower().endswith(TEXT_SUFFIXES)):
        return READERS[inner](path)
    raise FormatError(
        f"{path.name} ends in '{ending}', and no table is read from that. Expected one of: "
        f"{', '.join((*delimited.SUFFIXES, *json_lines.SUFFIXES, *parquet.SUFFIXES, *excel.SUFFIXES, *sqlite.SUFFIXES))}; "
        f"text also with {' or '.join(ENDINGS)} behind. Rename the file, or save it as CSV."
    )
