"""Delimited text: delimiters, headers, lines and the spelling of numbers."""

import csv
import io
import random

import numpy as np
import polars as pl
import pytest

from espalier.core.errors import MissingHeaderError
from espalier.data.kinds.table import read
from espalier.data.sources import lines
from espalier.data.sources.lines import Marks, count, scan
from espalier.data.sources.plain_numbers import type_numbers


@pytest.fixture
def given(tmp_path):
    """Return a function that writes a file and reads it as a table."""

    def write_and_read(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path)

    return write_and_read


@pytest.mark.parametrize(
    ("delimiter", "spoken"),
    [
        (",", "','"),
        ("\t", "tab"),
        (";", "';'"),
        ("|", "'|'"),
        ("^", "'^'"),
        ("~", "'~'"),
        (":", "':'"),
        (" ", "space"),
        ("\x01", r"'\x01'"),
    ],
)
def test_any_delimiter_is_found_and_said(given, delimiter, spoken):
    records = given(
        "\n".join(delimiter.join(row) for row in (["age", "city", "pay"], ["31", "Busan", "7"], ["44", "Jeju", "9"]))
    )
    assert records.frame.rows() == [(31, "Busan", 7), (44, "Jeju", 9)]
    assert f"delimiter {spoken}" in records.notes


def test_a_first_line_that_declares_its_delimiter_is_obeyed(given):
    records = given("sep=;\na,b;c\n1,5;2\n")
    assert records.frame.rows() == [("1,5", 2)]
    assert records.frame.columns == ["a,b", "c"]
    assert records.rows.tolist() == [3]


def test_one_column_of_text_with_commas_stays_one_column(given):
    assert given("text\nHello, world\nBye\n").frame["text"].to_list() == ["Hello, world", "Bye"]


def test_two_words_in_every_line_of_one_column_are_not_two_fields(given):
    assert given("full name\nAnn Lee\nBo Kim\nCho Park\n").frame.columns == ["full name"]


def test_a_ragged_comma_file_is_not_taken_for_one_column(given):
    records = given("name;note\nAnn;1,2\nBo;3,4\n")
    assert records.frame.columns == ["name", "note"]


def test_decimal_commas_stay_as_written_and_are_said(given):
    records = given("price;name\n1,5;x\n1.234,25;y\n")
    assert records.frame["price"].to_list() == ["1,5", "1.234,25"]
    assert "numbers with a decimal comma in price" in records.notes


def test_rows_are_lines_of_the_file_and_the_first_is_line_two(given):
    assert given("a,b\n1,2\n3,4").rows.tolist() == [2, 3]


def test_fields_over_several_lines_count_as_many_lines(given):
    records = given('a,b\n1,"x\ny, z"\n2,"q ""w"" e"\n3,4\n')
    assert records.frame["b"].to_list() == ["x\ny, z", 'q "w" e', "4"]
    assert records.rows.tolist() == [2, 4, 5]


def test_blank_lines_are_left_out_and_their_lines_are_said(given):
    records = given("\na,b\r\n1,2\r\n\r\n  \r\n3,4\r\n\r\n")
    assert records.rows.tolist() == [3, 6]
    assert "3 blank lines left out: line 4, 5, 7" in records.notes


def test_blank_lines_at_the_end_do_not_need_the_slow_way(given, monkeypatch):
    monkeypatch.setattr("espalier.data.sources.delimited.scan", None)
    records = given("a,b\n1,2\n\n\n")
    assert records.rows.tolist() == [2]
    assert "2 blank lines left out: line 3, 4" in records.notes


def test_in_one_column_a_blank_line_is_a_missing_cell(given):
    records = given('a\n1\n\n2\n"3\n"\n\n')
    assert records.frame["a"].to_list() == ["1", None, "2", "3\n"]


def test_a_row_of_empty_fields_is_a_row(given):
    assert given("a,b\n1,2\n,\n").frame.rows() == [(1, 2), (None, None)]


def test_old_line_ends_are_read(given):
    records = given('a,b\r1,"x\ry"\r3,4\r')
    assert records.frame.rows() == [(1, "x\ry"), (3, "4")]


def test_empty_fields_are_missing_with_quotes_or_without(given):
    assert given('a,b\n,""\n"",x\n').frame.rows() == [(None, None), (None, "x")]


def test_spaces_around_names_are_taken_off_and_empty_names_are_filled(given):
    records = given(" a ,b,,\n1,2,3,\n")
    assert records.frame.columns == ["a", "b", "column_3", "column_4"]
    assert "spaces around column names were taken off: 'a'" in records.notes
    assert "columns without a name are called column_3, column_4" in records.notes


@pytest.mark.parametrize(
    "header", ["2001,2002,2003", ",0,1", ",".join(map(str, range(12))), ",".join(map(str, range(1, 11))), "id,2001,2002"]
)
def test_headers_of_numbers_that_count_are_believed(given, header):
    width = header.count(",") + 1
    records = given(f"{header}\n{','.join(['7'] * width)}\n")
    assert records.frame.shape == (1, width)


@pytest.mark.parametrize(
    "content",
    [
        "1,2,3\n4,5,6\n",
        "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n",
        "39, State-gov, 77516, Bachelors\n50, State-gov, 83311, Bachelors\n38, Private, 215646, HS-grad\n",
        "-1\n2\n",
    ],
)
def test_a_first_line_of_values_is_no_header(given, content):
    with pytest.raises(
        MissingHeaderError, match=r"table.csv, line 1, is '.*look like values. .* Add a first line such as 'age,income'"
    ):
        given(content)


def test_a_header_that_is_written_again_below_is_still_a_header(given):
    assert given("a,b\n1,2\na,b\n3,4\n").frame.columns == ["a", "b"]


def test_a_title_above_the_header_is_named(given):
    with pytest.raises(MissingHeaderError, match="line 1, is 'Report 2020', one field, while the lines below have 3"):
        given("Report 2020\na,b,c\n1,2,3\n")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-20", "0", None], pl.Int64),
        (["9223372036854775807"], pl.Int64),
        (["1.5", "-0.25", "3", "1e-05", None], pl.Float64),
        (["1.5", "3.0", "2.5e-07"], pl.Float64),
        (["1.50", "2.00"], pl.Float64),
        (["007", "1"], pl.String),
        (["+5", "1"], pl.String),
        (["1.50", "1.5"], pl.String),
        (["1.1", "1.10"], pl.String),
        (["1", "1.0"], pl.String),
        (["1E5", "2E3"], pl.String),
        (["9223372036854775808"], pl.String),
        (["12345678901234567.5"], pl.String),
        ([" 1", "2"], pl.String),
        (["1,234", "5"], pl.String),
        (["1", "x"], pl.String),
        (["nan", "1"], pl.String),
        (["1_000"], pl.String),
        ([None, None], pl.String),
    ],
)
def test_a_column_is_typed_only_when_that_loses_nothing(cells, kind):
    columns = [pl.Series("a", cells, dtype=pl.String)]
    type_numbers(columns)
    assert columns[0].dtype == kind
    read_as = {pl.Int64: int, pl.Float64: float, pl.String: str}[kind]
    assert columns[0].to_list() == [None if cell is None else read_as(cell) for cell in cells]


def test_one_wrong_cell_far_down_keeps_the_whole_column_as_text(given):
    cells = ["5"] * 3000 + ["05"] + ["6"] * 3000
    records = given("a,b\n" + "".join(f"{cell},1\n" for cell in cells))
    assert records.frame["a"].to_list() == cells


def _random_table(seed, rows=400):
    draw = random.Random(seed)
    cells = ["1", "", "x", "two words", "com,ma", 'quo"te', "line\nbreak", "\n", '"', "a" * 300, "나무"]
    output = io.StringIO()
    writer = csv.writer(output, lineterminator=draw.choice(["\n", "\r\n"]))
    table = [[draw.choice(cells) for _ in range(3)] for _ in range(rows)]
    writer.writerows([["a", "b", "c"], *table])
    return output.getvalue(), table


@pytest.mark.parametrize("seed", range(6))
def test_a_table_of_awkward_cells_reads_as_the_standard_library_reads_it(given, seed):
    content, table = _random_table(seed)
    records = given(content)
    assert [[cell or "" for cell in row] for row in records.frame.rows()] == table
    reader = csv.reader(io.StringIO(content, newline=""))
    ends = [reader.line_num for _ in reader]
    assert records.rows.tolist() == [line + 1 for line in ends[:-1]]


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_the_layout_does_not_depend_on_where_blocks_are_cut(size):
    content = _random_table(9, rows=20)[0].encode() + b"\r\n \t\r\n1,2,3"
    blocks = [content[start : start + size] for start in range(0, len(content), size)]
    whole, cut = scan([content], Marks(",")), scan(blocks, Marks(","))
    for name in ("lines", "fields", "blank"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(cut, name))
    assert whole.blank[-3:].tolist() == [True, True, False]
    assert count(blocks, Marks(",")) == count([content], Marks(","))


def test_an_open_quote_is_seen():
    assert scan([b'a,b\n1,"x\n'], Marks(",")).unclosed
    assert not scan([b'a,b\n1,"x"\n'], Marks(",")).unclosed


def test_the_tail_of_blank_lines_is_counted_across_blocks(monkeypatch):
    monkeypatch.setattr(lines, "TAIL_BYTES", 64)
    found = count([b"a,b\n1,2\n", b"\r\n\n", b"\n"], Marks(","))
    assert (found.lines, found.blank_end) == (2, 3)
