"""Bad input: one clear sentence that says what was given, what was expected and what to do."""

import os
from pathlib import Path

import pytest

from espalier.core.errors import (
    ColumnError,
    EmptySourceError,
    FormatError,
    MissingSourceError,
    RaggedRowsError,
    SourceError,
    UnknownNameError,
)
from espalier.data.kinds.table import SUFFIXES, read


@pytest.fixture
def given(tmp_path):
    """Return a function that writes a file and reads it as a table."""

    def write_and_read(content, name="table.csv"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8", newline="")
        return read(path)

    return write_and_read


def test_a_missing_file_offers_the_nearest_name_in_its_folder(tmp_path):
    (tmp_path / "houses.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MissingSourceError, match=r"There is no file .*housse.csv. Did you mean 'houses.csv'\?"):
        read(tmp_path / "housse.csv")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MissingSourceError, match="the folder .*nowhere does not exist"):
        read(str(tmp_path / "nowhere" / "houses.csv"))


def test_a_folder_given_for_a_file_lists_the_tables_in_it(tmp_path):
    for name in ("houses.csv", "flats.parquet", "notes.md"):
        (tmp_path / name).write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="is a folder. Expected a file. In it are: flats.parquet, houses.csv. Name the file"):
        read(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="needs a named pipe")
def test_what_is_no_plain_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SourceError, match="pipe.csv is no plain file"):
        read(tmp_path / "pipe.csv")


def test_an_unknown_ending_lists_the_known_ones(given):
    with pytest.raises(FormatError, match=r"notes.docx ends in '.docx', .* Expected one of: .csv, .tsv, .*.parquet.* Rename"):
        given("a,b\n1,2\n", "notes.docx")


def test_packed_forms_that_are_not_text_are_refused(given):
    with pytest.raises(FormatError, match="flats.parquet.gz ends in '.gz'"):
        given("x", "flats.parquet.gz")


def test_endings_may_be_written_in_capitals(given):
    assert len(given("a,b\n1,2\n", "TABLE.CSV")) == 1
    assert ".csv.gz" in SUFFIXES


def test_a_file_name_is_not_a_pattern(tmp_path):
    path = tmp_path / "[1]*.csv"
    path.write_text("a,b\n1,2\n")
    (tmp_path / "1x.csv").write_text("a,b\n3,4\n")
    assert read(path).frame.rows() == [(1, 2)]


@pytest.mark.parametrize("source", [None, 3, [1, 2], {"a": [1]}])
def test_a_source_of_another_type_is_refused(source):
    with pytest.raises(SourceError, match="Cannot read a source of type '.*'. Expected the path of a file, 'sample:NAME'"):
        read(source)


def test_a_url_that_is_not_read_shows_no_password():
    with pytest.raises(SourceError, match=r"'mysql://ann:\*\*\*@host/homes' is a URL that cannot be read"):
        read("mysql://ann:secret@host/homes")


def test_a_query_for_a_file_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="A query was given for table.csv: 'SELECT 1'. Expected a database or a workbook"):
        read(path, query="SELECT 1")


@pytest.mark.parametrize("content", ["price,city\n", "price,city", "price,city\r\n\r\n\n"])
def test_a_header_without_rows_is_an_error(given, content):
    with pytest.raises(EmptySourceError, match=r"table.csv has a header line with 2 columns \(price, city\) and no rows"):
        given(content)


def test_lines_with_too_few_fields_are_named_and_counted(given):
    with pytest.raises(RaggedRowsError) as caught:
        given("a,b,c\n1,2,3\n" + "1,2\n" * 7 + "4,5,6\n")
    assert "table.csv: 7 lines do not have the 3 fields of the header: line 3 has 2, line 4 has 2, line 5 has 2, " in str(
        caught.value
    )
    assert "line 6 has 2, line 7 has 2 and 2 more. Expected 3 fields between ','" in str(caught.value)


def test_lines_with_too_many_fields_are_named(given):
    with pytest.raises(
        RaggedRowsError, match=r"1 line does not have the 3 fields of the header: line 3 has 4. Expected 3 fields"
    ):
        given("a,b,c\n1,2,3\n1,2,3,4\n")


def test_a_short_line_and_a_long_line_do_not_cancel_out(given):
    with pytest.raises(RaggedRowsError, match="2 lines do not .*: line 3 has 1, line 4 has 3"):
        given("a,b\n1,2\n1\n3,4,5\n6,7\n")


def test_a_short_line_is_seen_beside_quoted_delimiters(given):
    with pytest.raises(RaggedRowsError, match="1 line does not .*: line 4 has 1"):
        given('a,b\n1,"x, y"\n"p, q",2\n3\n')


def test_the_line_of_a_ragged_row_counts_lines_inside_fields(given):
    with pytest.raises(RaggedRowsError, match="line 5 has 1"):
        given('a,b\n"x\ny\nz",2\n3\n')


def test_a_ragged_line_far_down_a_large_file_is_found(given):
    with pytest.raises(RaggedRowsError, match="line 30,002 has 1"):
        given("a,b\n" + "1,2\n" * 30_000 + "3\n" + "1,2\n" * 1000)


def test_a_missing_first_name_is_recognised(given):
    with pytest.raises(RaggedRowsError, match="every line has 3 fields and the header has 2. .* The name of the first column"):
        given("a,b\nx,1,2\ny,3,4\n")


def test_a_name_used_twice_is_an_error_with_both_places(given):
    with pytest.raises(
        ColumnError, match="table.csv uses one name for several columns: 'a' for columns 1, 3. Give every column"
    ):
        given("a,b,a \n1,2,3\n")


def test_a_hundred_thousand_columns_are_refused_with_the_limit(given):
    row = ",".join(["1"] * 100_000)
    header = ",".join(f"c{number}" for number in range(100_000))
    with pytest.raises(ColumnError, match="table.csv has 100,000 columns; at most 10,000 can be read"):
        given(f"{header}\n{row}\n")


def test_an_unknown_sample_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="There is no sample 'irs'. Did you mean 'iris'?"):
        read("sample:irs")


def test_a_file_that_may_not_be_opened_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    opened = Path.open

    def refuse(self, *arguments, **named):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match="table.csv cannot be opened: Permission denied. Check who may read it"):
        read(path)
