"""Quotes: around fields, as letters of the text, broken, and never closed."""

import pytest

from espalier.core.errors import RaggedRowsError
from espalier.data.kinds.table import read

LETTERS = "quotes are letters of the text here, they do not enclose fields"


@pytest.fixture
def given(tmp_path):
    """Return a function that writes a file and reads it as a table."""

    def write_and_read(content, name="table.csv"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8", newline="")
        return read(path)

    return write_and_read


def test_quotes_between_tabs_are_letters(given):
    records = given('id\ttext\n1\t"Good" he said\n2\t"whole"\n3\tx"y\n', "table.tsv")
    assert records.frame["text"].to_list() == ['"Good" he said', '"whole"', 'x"y']
    assert LETTERS in records.notes


def test_two_stray_quotes_between_tabs_do_not_swallow_the_rows_between_them(given):
    records = given('id\ttext\n1\t"Good he\n2\tx\n3\tsaid"\n4\tq\n', "table.tsv")
    assert len(records) == 4
    assert records.rows.tolist() == [2, 3, 4, 5]


def test_stray_quotes_far_below_the_first_lines_are_letters_too(given):
    records = given("a,b\n" + "1,2\n" * 700 + '5" pipe,3\n')
    assert records.frame["a"][-1] == '5" pipe'
    assert len(records) == 701


def test_inch_marks_beside_enclosed_fields_are_kept(given):
    records = given('a,b\n5" pipe,1\n"x, y",3\n')
    assert records.frame.rows() == [('5" pipe', 1), ("x, y", 3)]
    assert "some quotes do not enclose whole fields and were kept as letters" in records.notes


def test_a_space_before_a_quote_is_forgiven(given):
    assert given('a, b\n1, "x, y"\n2, "z"\n').frame.rows() == [(1, "x, y"), (2, "z")]


def test_backslashes_before_quotes_are_understood(given):
    records = given('a,b\n1,"he \\"said, yes\\" ok"\n2,"z"\n')
    assert records.frame["b"].to_list() == ['he "said, yes" ok', "z"]
    assert "quotes after a backslash were kept as letters" in records.notes


def test_the_forgiving_way_counts_lines_and_blank_lines(given):
    records = given('a,b\n5" pipe,1\n\n"x\ny",3\n"q, r",4\n')
    assert records.rows.tolist() == [2, 4, 6]
    assert "1 blank line left out: line 3" in records.notes


def test_single_quotes_around_most_fields_enclose_them(given):
    assert given("'a','b'\n'x, y','z'\n'q','r'\n").frame.rows() == [("x, y", "z"), ("q", "r")]


def test_an_apostrophe_encloses_nothing(given):
    assert given("a,b\nit's,1\n'tis,2\n").frame["a"].to_list() == ["it's", "'tis"]


@pytest.mark.parametrize(
    "content", ['a,b\n"1","x"\n"2","y\n"3","z"\n"4","w"\n', 'a,b,c\n1,"x",1\n2,"y,3\n3,"z",4\n', 'a,b\n1,"x"\n2,"y']
)
def test_a_quote_that_is_never_closed_is_an_error_with_its_line(given, content):
    with pytest.raises(RaggedRowsError, match=r"table.csv, line 3: a quote \(\"\) opens a field and is never closed"):
        given(content)


def test_a_field_that_holds_whole_rows_is_pointed_at(given):
    records = given('a,b,c\n1,"x, y",1\n2,3,"y\n3,4,z\n5,6,w"\n7,8,9\n')
    assert "a field that begins in line 3 holds what look like whole rows: is a quote missing there?" in records.notes


def test_a_long_text_with_many_commas_is_not_pointed_at(given):
    records = given('a,b,c\n1,"well, yes, no,\nso, what, then",1\n')
    assert not any("whole rows" in note for note in records.notes)
