"""Encodings and compressions: found by evidence, said, and refused when nothing fits."""

import gzip

import pytest

from espalier.core.errors import EmptySourceError, EncodingError, FormatError
from espalier.data.kinds.table import read
from espalier.data.sources.encoding import checked_utf8, recoded

KOREAN = "이름,나이\n김철수,31\n이영희,44\n"
WESTERN = "name,age\nJosé,31\nMüller,44\n“Zoë”,5\n"


@pytest.fixture
def given(tmp_path):
    """Return a function that writes a file and reads it as a table."""

    def write_and_read(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return read(path)

    return write_and_read


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", "encoding UTF-8"),
        ("utf-8-sig", "encoding UTF-8 with a byte order mark"),
        ("utf-16", "encoding UTF-16"),
        ("utf-16-le", "encoding UTF-16-LE"),
        ("utf-16-be", "encoding UTF-16-BE"),
        ("utf-32", "encoding UTF-32"),
        ("cp949", "encoding CP949 (EUC-KR)"),
        ("euc-kr", "encoding CP949 (EUC-KR)"),
    ],
)
def test_korean_is_read_in_every_usual_encoding(given, encoding, note):
    records = given(KOREAN.encode(encoding))
    assert records.frame.columns == ["이름", "나이"]
    assert records.frame.rows() == [("김철수", 31), ("이영희", 44)]
    assert note in records.notes


def test_rare_korean_syllables_do_not_hide_the_common_ones(given):
    assert given("가게\n똠방각하\n펲시\n우리 집\n".encode("cp949")).frame["가게"].to_list() == ["똠방각하", "펲시", "우리 집"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8"])
def test_western_letters_are_read(given, encoding):
    assert given(WESTERN.encode(encoding)).frame["name"].to_list() == ["José", "Müller", "“Zoë”"]


def test_degrees_in_latin_1_are_not_taken_for_korean(given):
    records = given("warm,cold\n25°C,3°C\n30°C,4°C\n".encode("latin-1"))
    assert records.frame["warm"].to_list() == ["25°C", "30°C"]
    assert "encoding CP1252 (Latin-1)" in records.notes


def test_letters_that_first_come_behind_the_first_million_bytes_are_found(given):
    records = given(b"a,b\n" + b"1,plain\n" * 200_000 + "2,김철수\n3,이영희\n".encode("cp949"))
    assert records.frame["b"].tail(2).to_list() == ["김철수", "이영희"]
    assert "encoding CP949 (EUC-KR)" in records.notes


def test_one_broken_letter_in_utf_8_is_an_error_with_line_and_byte(given):
    with pytest.raises(
        EncodingError, match="table.csv, line 4, byte 0xE9 at place 4 of the line, is not UTF-8, although 2 other letters"
    ):
        given("name,age\nJosé,31\nMüller,44\n".encode() + b"Ren\xe9,5\n")


def test_utf_8_that_is_cut_inside_a_letter_is_an_error(given):
    with pytest.raises(EncodingError, match="line 2, byte 0xC3 at place 10"):
        given("name\nJosé Joo\u00e9".encode()[:-1])


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("имя,возраст\nИван,31\n", "cp1251"), ("名前,値\n太郎さんです,3\n", "shift_jis"), ("名字,值\n中文是什么,3\n", "gb18030")],
)
def test_an_encoding_that_is_not_read_is_an_error_and_no_guess(given, text, encoding):
    with pytest.raises(EncodingError, match=r"line 1, byte 0x.. at place 1 of the line, is no text in UTF-8, UTF-16, CP949"):
        given(text.encode(encoding))


def test_a_letter_cut_between_blocks_is_still_utf_8():
    content = KOREAN.encode()
    blocks = [content[start : start + 1] for start in range(len(content))]
    assert list(checked_utf8(blocks)) == blocks
    with pytest.raises(UnicodeDecodeError):
        list(checked_utf8([*blocks, content[:1]]))


def test_cp949_cut_between_blocks_is_read():
    content = KOREAN.encode("cp949")
    found, name = recoded(lambda: iter([content[:1], content[1:7], content[7:]]), "table.csv")
    assert (found.decode(), name) == (KOREAN, "CP949")


def test_gzip_is_read_and_said(given):
    records = given(gzip.compress(KOREAN.encode("cp949")), "table.csv.gz")
    assert len(records) == 2
    assert records.notes[:2] == ("compression gzip", "encoding CP949 (EUC-KR)")


def test_zstd_is_read_and_said(given):
    zstd = pytest.importorskip("backports.zstd")
    records = given(zstd.compress(WESTERN.encode()), "table.tsv.zst")
    assert len(records) == 3
    assert "compression zstd" in records.notes


def test_gzip_under_a_plain_name_and_plain_text_under_a_gzip_name_are_read(given):
    assert len(given(gzip.compress(KOREAN.encode()))) == 2
    assert "not compressed, although its name ends in .gz" in given(KOREAN.encode(), "table.csv.gz").notes


def test_several_gzip_parts_are_one_text(given):
    assert len(given(gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n") + b"\0" * 512, "table.csv.gz")) == 2


ROWS = b"a,b\n" + b"".join(b"%d,%d\n" % (number, number * 7919 % 1009) for number in range(50_000))


def test_a_truncated_gzip_says_how_many_bytes_could_be_read(given):
    with pytest.raises(
        FormatError, match=r"table.csv.gz is cut off: [1-9][\d,]+ bytes could be unpacked, then its gzip data stop"
    ):
        given(gzip.compress(ROWS)[:-50], "table.csv.gz")


def test_a_damaged_gzip_says_how_many_bytes_could_be_read(given):
    packed = bytearray(gzip.compress(ROWS))
    packed[-4] ^= 1
    with pytest.raises(
        FormatError, match=r"table.csv.gz is damaged: [1-9][\d,]+ bytes could be unpacked, .* incorrect length check"
    ):
        given(bytes(packed), "table.csv.gz")


def test_a_truncated_zstd_says_how_many_bytes_could_be_read(given):
    zstd = pytest.importorskip("backports.zstd")
    with pytest.raises(FormatError, match=r"table.csv.zst is cut off: [1-9][\d,]+ bytes could be unpacked"):
        given(zstd.compress(ROWS)[:-50], "table.csv.zst")


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf", b"\xff\xfe", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_an_error(given, content):
    with pytest.raises(EmptySourceError, match=r"table.csv is empty: it holds no text. Expected a table"):
        given(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,\0\x01\x02\n", "text but a binary file: byte 7 is zero"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is a PNG picture"),
        (b"PAR1\x15\x04\0\0", "it is a Parquet file: name it .parquet"),
        (b"PK\x03\x04\x14\0\x06\0", "a ZIP archive or an Excel workbook: unpack it, or name it .xlsx"),
        (b"SQLite format 3\0\x10\0", "an SQLite database"),
        (b"%PDF-1.7\nxx", "a PDF document"),
        (b"<!DOCTYPE html><html>", "a web page: download the file itself"),
    ],
)
def test_a_binary_file_named_csv_is_an_error_that_says_what_it_is(given, content, said):
    with pytest.raises(FormatError, match=f"table.csv is no .*{said}"):
        given(content)


@pytest.mark.parametrize("head", [b"", b"aa,b\n" * 3])
def test_a_stray_zero_byte_in_a_text_is_named_with_its_line(given, head):
    content = b"a,b\n" + head + b"1,x\0y\n" + b"1,2\n" * 60
    line = 2 + head.count(b"\n")
    with pytest.raises(FormatError, match=rf"table.csv, line {line}, holds a zero byte at place 4 of the line.*tr -d"):
        given(content)


def test_a_header_that_begins_like_a_binary_form_is_a_header(given):
    assert given(b"PAR1,PKX\n1,2\n").frame.columns == ["PAR1", "PKX"]
