"""SQLite databases: a table or the answer to a query. The file is opened for reading only."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

from espalier.core.errors import FormatError, SourceError
from espalier.core.records import Records
from espalier.data.sources.columns import clean_names, named, plain_types
from espalier.data.sources.query import choose_query, no_rows

SUFFIXES = (".sqlite", ".sqlite3", ".db")
BATCH_ROWS = 50_000
TABLES = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
)


def read(path: Path, query: str | None = None) -> Records:
    """Return the answer to a query; rows are numbered from 1.

    Args:
        path: the database file.
        query: SQL, or the name of a table or view; not needed when there is only one.

    Raises:
        FormatError: the file is damaged or no SQLite database.
        SourceError: the query fails, or there are several tables and no query.
        EmptySourceError: the answer has no rows.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            tables = [str(row[0]) for row in connection.execute(TABLES)]
        except sqlite3.DatabaseError as error:
            raise FormatError(
                f"{path.name} cannot be opened as an SQLite database: {error}. The file is damaged, or another form of file "
                "with this name. Copy it again."
            ) from error
        sql, note = choose_query(query, tables, path.name)
        try:
            frame, header = _answer(connection, sql)
        except (sqlite3.Error, sqlite3.Warning) as error:
            known = f" Its tables: {named(tables, limit=20)}." if tables else ""
            raise SourceError(
                f"{path.name}: the query fails: {str(error).rstrip('.')}. The query was: {sql}.{known}"
            ) from error
    if frame is None:
        raise no_rows(path.name, sql)
    frame.columns, name_notes = clean_names(header, path.name)
    frame, type_notes = plain_types(frame, path.name)
    return Records(frame, np.arange(1, frame.height + 1), str(path), (f"SQLite, {note}", *name_notes, *type_notes))


def _answer(connection: sqlite3.Connection, sql: str) -> tuple[pl.DataFrame | None, list[str]]:
    """Return the rows, read in batches so that they are never all Python objects, and the names of the columns."""
    cursor = connection.execute(sql)
    if cursor.description is None:
        return None, []
    header = [str(column[0]) for column in cursor.description]
    places = [str(place) for place in range(len(header))]
    batches = []
    while rows := cursor.fetchmany(BATCH_ROWS):
        columns = zip(*rows, strict=True)
        batches.append(pl.DataFrame([_series(place, values) for place, values in zip(places, columns, strict=True)]))
    return (pl.concat(batches, how="vertical_relaxed") if batches else None), header


def _series(name: str, values: tuple[object, ...]) -> pl.Series:
    """Return one column of a batch; where a column mixes numbers and text, which SQLite allows, all become text."""
    kinds = {type(value) for value in values} - {type(None)}
    if str in kinds and len(kinds) > 1:
        return pl.Series(name, [None if value is None else _as_text(value) for value in values], dtype=pl.String)
    return pl.Series(name, values, strict=False)


def _as_text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
