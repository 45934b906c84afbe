"""PostgreSQL: the answer to a query, or a table, by a URL such as postgresql://user@host:5432/database.

The rows come as CSV by COPY, which is the fastest way out of the server and writes every type as the server itself spells
it; the column engine reads that, and the server's type of each column decides what it becomes. The session may only read.
"""

import io
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

import numpy as np
import polars as pl

from espalier.core.errors import SourceError, missing_extra
from espalier.core.records import Records
from espalier.data.sources.columns import clean_names, named
from espalier.data.sources.query import choose_query, no_rows

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMES = ("postgresql", "postgres")
CONNECT_SECONDS = 10
TABLES = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = ANY (current_schemas(false)) ORDER BY table_name"
)
# Types by the server's own numbers (PostgreSQL, src/include/catalog/pg_type.dat); every other type stays text.
TRUTH = {16}
WHOLE = {20, 21, 23, 26}
FRACTION = {700, 701, 1700}
DATE = {1082}
MOMENT = {1114, 1184}


def read(url: str, query: str | None = None) -> Records:
    """Return the answer to a query; rows are numbered from 1.

    Args:
        url: with scheme postgresql; a password in it never shows in a message.
        query: SQL, or the name of a table or view; not needed when there is only one.

    Raises:
        SourceError: the server cannot be reached, the query fails, or there are several tables and no query.
        EmptySourceError: the answer has no rows.
        MissingExtraError: the package `psycopg` is not installed.
    """
    shown = hidden(url)
    tables: list[str] = []
    sql = TABLES
    with _connected(url) as connection:
        try:
            tables = [str(row[0]) for row in connection.execute(TABLES)]
            sql, note = choose_query(query, tables, shown)
            frame, header, kinds = _answer(connection, sql)
        except connection.Error as error:
            known = f" Its tables: {named(tables, limit=20)}." if tables else ""
            raise SourceError(f"{shown}: the query fails: {_reason(error, url)}. The query was: {sql}.{known}") from error
    if frame is None:
        raise no_rows(shown, sql)
    frame = pl.DataFrame([_typed(column, kind) for column, kind in zip(frame, kinds, strict=True)])
    frame.columns, name_notes = clean_names(header, shown)
    zones = ("times with a zone were turned to UTC",) if 1184 in kinds else ()
    return Records(frame, np.arange(1, frame.height + 1), shown, (f"PostgreSQL, {note}", *name_notes, *zones))


def hidden(url: str) -> str:
    """Return a URL without its password.

    Example:
        >>> hidden("postgresql://ann:secret@host:5432/homes")
        'postgresql://ann:***@host:5432/homes'
    """
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return urlunsplit(parts._replace(netloc=f"{name}{':***' if colon else ''}{at}{host}", query=""))


def _connected(url: str) -> "Connection":
    try:
        import psycopg
    except ImportError as error:
        raise missing_extra("psycopg", "sql", "Reading from PostgreSQL") from error
    try:
        connection = psycopg.connect(url, connect_timeout=CONNECT_SECONDS)
    except psycopg.Error as error:
        raise SourceError(
            f"Cannot connect to {hidden(url)}: {_reason(error, url)}. Expected a running server that lets this user in; "
            "check host, port, database, user and password."
        ) from error
    connection.read_only = True
    return connection


def _reason(error: Exception, url: str) -> str:
    """Return the first line of a server's message, without the password."""
    text = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    password = urlsplit(url).netloc.rpartition("@")[0].partition(":")[2]
    for secret in (password, unquote(password)):
        text = text.replace(secret, "***") if secret else text
    return text


def _answer(connection: "Connection", sql: str) -> tuple[pl.DataFrame | None, list[str], list[int]]:
    """Return the rows as text, the names of the columns, and the server's numbers of their types."""
    cursor = connection.cursor()
    cursor.execute("SET LOCAL datestyle TO 'ISO'; SET LOCAL timezone TO 'UTC'; SET LOCAL extra_float_digits TO 1")
    cursor.execute(f"SELECT * FROM ({sql}\n) AS answer LIMIT 0")  # the line end closes a comment at the end of the query
    described = cursor.description or []
    content = io.BytesIO()
    with cursor.copy(f"COPY ({sql}\n) TO STDOUT (FORMAT csv)") as rows:
        for block in rows:
            content.write(block)
    if not described or not content.tell():
        return None, [], []
    frame = pl.read_csv(content.getvalue(), has_header=False, schema={str(place): pl.String for place in range(len(described))})
    return frame, [column.name for column in described], [column.type_code for column in described]


def _typed(column: pl.Series, kind: int) -> pl.Series:
    """Return a column in the type that the server says; as text when a value does not fit (a date before year 1)."""
    typed = column
    if kind in TRUTH:
        return column == "t"
    if kind in WHOLE:
        typed = column.cast(pl.Int64, strict=False)
    elif kind in FRACTION:
        typed = column.cast(pl.Float64, strict=False)
    elif kind in DATE:
        typed = column.str.to_date("%Y-%m-%d", strict=False)
    elif kind in MOMENT:
        typed = column.str.strip_suffix("+00").str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    return typed if typed.null_count() == column.null_count() else column
