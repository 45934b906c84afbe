"""What to ask a database: the person's query, a table by its name, or the only table there is."""

from collections.abc import Sequence

from espalier.core.errors import EmptySourceError, SourceError
from espalier.data.sources.columns import named


def choose_query(query: str | None, tables: Sequence[str], source: str) -> tuple[str, str]:
    """Return the SQL to run, without a semicolon at its end, and a note on what is read.

    Args:
        query: SQL, the name of a table, or None for the only table.
        tables: names of the tables and views.
        source: the database's name, for messages.

    Raises:
        SourceError: no query and several tables.
        EmptySourceError: no query and no table.

    Example:
        >>> choose_query(None, ["houses"], "homes.db")
        ('SELECT * FROM "houses"', "table 'houses'")
    """
    if query is not None and query.strip() and query.strip() not in tables:
        return query.strip().rstrip(";").rstrip(), "query"
    if not tables:
        raise EmptySourceError(f"{source} holds no table. Expected a database with at least one.")
    if not (query or "").strip() and len(tables) > 1:
        raise SourceError(
            f"{source} holds {len(tables)} tables: {named(tables, limit=20)}. "
            f"Say which with a query: the name of one, or SQL such as 'SELECT * FROM {tables[0]}'."
        )
    table = (query or "").strip() or tables[0]
    quoted = table.replace('"', '""')
    return f'SELECT * FROM "{quoted}"', f"table '{table}'"


def no_rows(source: str, query: str) -> EmptySourceError:
    """Return the error for a query that gives nothing."""
    return EmptySourceError(f"{source}: the query gives no rows: {query}. Expected at least one. Try it with fewer conditions.")
