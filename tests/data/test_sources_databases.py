"""SQLite and PostgreSQL: tables, queries, and every way in which they fail.

The tests that need a PostgreSQL server take its URL from the variable ESPALIER_POSTGRESQL and are left out without it.
"""

import datetime
import os
import sqlite3

import polars as pl
import pytest

from espalier.core.errors import ColumnError, EmptySourceError, FormatError, SourceError
from espalier.data.kinds.table import fingerprint, read
from espalier.data.sources import sqlite
from espalier.data.sources.postgresql import hidden


@pytest.fixture
def homes(tmp_path):
    """Return a database with one table."""
    path = tmp_path / "homes.db"
    rows = [(i, i * 1.5 if i % 3 else None, f"city {i}", i if i % 2 else "x", b"z") for i in range(250)]
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE houses (id INTEGER, price REAL, ' city' TEXT, mixed, picture BLOB)")
        connection.executemany("INSERT INTO houses VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return path


@pytest.fixture
def several(homes):
    """Return a database with two tables and a view."""
    with sqlite3.connect(homes) as connection:
        connection.execute("CREATE TABLE empty (a)")
        connection.execute("CREATE VIEW cheap AS SELECT id FROM houses WHERE price < 10")
    connection.close()
    return homes


def test_the_only_table_is_read_with_its_types(homes, monkeypatch):
    monkeypatch.setattr(sqlite, "BATCH_ROWS", 7)
    records = read(homes)
    assert records.frame.schema == {"id": pl.Int64, "price": pl.Float64, "city": pl.String, "mixed": pl.String}
    assert records.frame.row(3) == (3, None, "city 3", "3")
    assert records.rows[[0, -1]].tolist() == [1, 250]
    assert "SQLite, table 'houses'" in records.notes
    assert "column 'picture' holds raw bytes and was left out" in records.notes


def test_a_url_and_a_query_are_read(homes):
    records = read(f"sqlite:///{homes}", query="SELECT id, price FROM houses WHERE id < 3;")
    assert records.frame.rows() == [(0, None), (1, 1.5), (2, 3.0)]


def test_a_view_is_read_by_its_name(several):
    assert len(read(several, query="cheap")) == 4


def test_several_tables_without_a_query_are_offered_by_name(several):
    with pytest.raises(
        SourceError, match=r"homes.db holds 3 tables: cheap, empty, houses. Say which with a query: .*SELECT \* FROM"
    ):
        read(several)


def test_a_query_that_fails_is_repeated_with_the_tables_there_are(homes):
    with pytest.raises(
        SourceError, match="the query fails: no such column: nope. The query was: SELECT nope .* tables: houses"
    ):
        read(homes, query="SELECT nope FROM houses")


@pytest.mark.parametrize("query", ["DELETE FROM houses", "DROP TABLE houses", "SELECT 1; DROP TABLE houses"])
def test_nothing_is_written_to_a_database(homes, query):
    with pytest.raises(SourceError, match="the query fails: (attempt to write a readonly|You can only execute one)"):
        read(homes, query=query)
    assert len(read(homes)) == 250


def test_a_query_without_rows_is_an_error(several):
    with pytest.raises(EmptySourceError, match=r"homes.db: the query gives no rows: SELECT \* FROM empty"):
        read(several, query="SELECT * FROM empty")


def test_one_name_for_two_columns_of_a_query_is_an_error(homes):
    with pytest.raises(ColumnError, match="uses one name for several columns: 'a' for columns 1, 2"):
        read(homes, query="SELECT id AS a, price AS a FROM houses")


@pytest.mark.parametrize("cut", [3000, 100])
def test_a_cut_off_database_is_an_error(homes, cut):
    homes.write_bytes(homes.read_bytes()[:cut])
    with pytest.raises(
        (FormatError, SourceError), match="homes.db(: the query fails| cannot be opened as an SQLite database): "
    ):
        read(homes)


def test_text_named_db_is_an_error(tmp_path):
    (tmp_path / "homes.db").write_text("hello world, this is no database at all\n" * 30)
    with pytest.raises(FormatError, match="homes.db cannot be opened as an SQLite database: file is not a database"):
        read(tmp_path / "homes.db")


def test_an_empty_database_is_an_error(tmp_path):
    (tmp_path / "homes.db").write_bytes(b"")
    with pytest.raises(EmptySourceError, match="homes.db holds no table"):
        read(tmp_path / "homes.db")


def test_a_missing_database_is_not_made(tmp_path):
    with pytest.raises(SourceError, match="There is no file"):
        read(f"sqlite:///{tmp_path}/nothing.db")
    assert list(tmp_path.iterdir()) == []


def test_the_fingerprint_of_a_database_is_that_of_the_answer(several):
    first = read(several, query="cheap")
    with sqlite3.connect(several) as connection:
        connection.execute("CREATE TABLE other (a)")
    connection.close()
    assert fingerprint(several, first) == fingerprint(several, read(several, query="cheap"))
    assert fingerprint(several, first) != fingerprint(several, read(several, query="houses"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:secret@host:5432/homes", "postgresql://ann:***@host:5432/homes"),
        ("postgresql://ann:se@cret@host/homes?password=x", "postgresql://ann:***@host/homes"),
        ("postgresql://host/homes", "postgresql://host/homes"),
        ("postgresql://ann@host/homes", "postgresql://ann@host/homes"),
    ],
)
def test_a_password_is_never_shown(url, shown):
    assert hidden(url) == shown


def test_a_server_that_is_not_there_is_an_error_without_the_password():
    pytest.importorskip("psycopg")
    with pytest.raises(
        SourceError, match=r"Cannot connect to postgresql://ann:\*\*\*@127.0.0.1:1/homes: .* Expected a running"
    ) as caught:
        read("postgresql://ann:secret@127.0.0.1:1/homes", query="SELECT 1")
    assert "secret" not in str(caught.value)


def test_a_url_that_the_driver_refuses_does_not_show_the_password():
    pytest.importorskip("psycopg")
    with pytest.raises(SourceError) as caught:
        read("postgresql://ann:se cret@127.0.0.1:1/homes", query="SELECT 1")
    assert "se cret" not in str(caught.value)


@pytest.fixture
def server():
    """Return the URL of a PostgreSQL database in which tables may be made."""
    psycopg = pytest.importorskip("psycopg")
    url = os.environ.get("ESPALIER_POSTGRESQL")
    if not url:
        pytest.skip("no PostgreSQL server: ESPALIER_POSTGRESQL is not set")
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS espalier_test CASCADE")
        connection.execute("CREATE SCHEMA espalier_test")
        connection.execute("SET search_path TO espalier_test")
        connection.execute(
            """CREATE TABLE houses AS SELECT i AS id, (i * 1.25)::numeric(10, 2) AS amount, i / 4.0::float8 AS price,
            NULLIF('city ' || i, 'city 2') AS city, i % 2 = 0 AS sold, DATE '2020-01-31' AS day, i::money AS tax,
            TIMESTAMPTZ '2020-01-31 12:00:00.5+09' AS seen, TIMESTAMP '2020-01-31 12:00:00' AS noted,
            INTERVAL '1 day' AS length, '0dcf7b95-bd7d-4e5a-8801-b2fd0f65d740'::uuid AS key, ARRAY[i, 2] AS pair,
            '' AS nothing FROM generate_series(1, 3) AS i"""
        )
        connection.execute("CREATE TABLE empty (a int)")
    yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3Despalier_test"
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA espalier_test CASCADE")


def test_types_of_a_server_are_kept_and_the_rest_is_text_as_the_server_spells_it(server):
    records = read(server, query="houses")
    noon = datetime.datetime(2020, 1, 31, 12)
    assert records.frame.row(1) == (
        *(2, 2.5, 0.5, None, True, noon.date(), "$2.00", datetime.datetime(2020, 1, 31, 3, 0, 0, 500_000), noon),
        *("1 day", "0dcf7b95-bd7d-4e5a-8801-b2fd0f65d740", "{2,2}", ""),
    )
    assert records.rows.tolist() == [1, 2, 3]
    assert "times with a zone were turned to UTC" in records.notes


def test_a_query_with_a_comment_and_a_semicolon_runs(server):
    assert read(server, query="SELECT id FROM houses WHERE id > 2; ").frame["id"].to_list() == [3]
    assert len(read(server, query="SELECT id FROM houses -- all of them")) == 3


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nope FROM houses", 'the query fails: column "nope" does not exist. .* Its tables: empty, houses'),
        ("DELETE FROM houses", "the query fails: syntax error"),
        ("SELECT 1) AS a; DROP TABLE houses; --", "the query fails: "),
        ("WITH gone AS (DELETE FROM houses RETURNING id) SELECT * FROM gone", "the query fails: "),
        ("empty", "the query gives no rows"),
        (None, "holds 2 tables: empty, houses. Say which with a query"),
    ],
)
def test_a_wrong_query_is_an_error_and_changes_nothing(server, query, said):
    with pytest.raises(SourceError, match=said):
        read(server, query=query)
    assert len(read(server, query="houses")) == 3
