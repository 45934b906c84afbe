"""Parquet, JSON Lines and Excel: types of the source, rows, and damaged files."""

import datetime
import zipfile
from xml.sax.saxutils import escape

import polars as pl
import pytest

from espalier.core.errors import ColumnError, EmptySourceError, FormatError, MissingHeaderError, UnknownNameError
from espalier.data.kinds.table import read

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(path, sheets):
    """Write an Excel file by hand: for each sheet a mapping of cell names to a number or a text."""
    names = list(sheets)
    with zipfile.ZipFile(path, "w") as archive:
        types = "".join(
            f'<Override PartName="/xl/worksheets/sheet{place}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'spreadsheetml.worksheet+xml"/>'
            for place in range(1, len(names) + 1)
        )
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
            'package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
            f'officedocument.spreadsheetml.sheet.main+xml"/>{types}</Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(names, 1))
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>'
        )
        related = "".join(
            f'<Relationship Id="rId{i}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(names) + 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>'
        )
        for place, cells in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{place}.xml", _sheet(cells))
    return path


def _sheet(cells):
    rows = {}
    for name, value in cells.items():
        number = int("".join(letter for letter in name if letter.isdigit()))
        written = (
            f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
            if isinstance(value, str)
            else f'<c r="{name}"><v>{value}</v></c>'
        )
        rows.setdefault(number, []).append(written)
    body = "".join(f'<row r="{number}">{"".join(row)}</row>' for number, row in sorted(rows.items()))
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


HOUSES = {"A1": " area ", "C1": "price", "A2": 1, "B2": 0.5, "C2": 100.5, "A3": 2, "B3": 1, "C3": "n/a", "A5": 9, "C5": 3}


@pytest.fixture
def houses(tmp_path):
    """Return an Excel file with an empty, a filled, a late and a header-only sheet."""
    pytest.importorskip("fastexcel")
    late = {"C4": "x", "D4": "y", "C5": 1, "D5": 2}
    sheets = {"Empty": {}, "Houses": HOUSES, "Late": late, "Head": {"A1": "a", "B1": "b"}}
    return workbook(tmp_path / "homes.xlsx", sheets)


def test_the_first_filled_sheet_is_read_and_said(houses):
    records = read(houses)
    assert records.frame.columns == ["area", "column_2", "price"]
    assert records.frame["area"].to_list() == [1, 2, 9]
    assert records.frame["area"].dtype == pl.Int64
    assert records.frame["column_2"].to_list() == [0.5, 1.0, None]
    assert records.frame["price"].to_list() == [100.5, None, 3.0]
    assert "column 'price': cells with 'n/a' were read as missing: 1" in records.notes
    assert "sheet 'Houses'; not read: 'Empty', 'Late', 'Head'" in records.notes
    assert "1 blank row left out" in records.notes


def test_numbers_beside_text_in_a_sheet_keep_all_their_digits(tmp_path):
    pytest.importorskip("fastexcel")
    cells = {"A1": "p", "A2": 1.5e-11, "A3": "xyz", "A4": "007", "A5": 1234.123456789012, "A6": 3}
    records = read(workbook(tmp_path / "homes.xlsx", {"S": cells}))
    assert records.frame["p"].to_list() == ["1.5e-11", "xyz", "007", "1234.123456789012", "3"]


def test_rows_of_a_sheet_are_its_own_row_numbers(houses):
    assert read(houses).rows.tolist() == [2, 3, 5]
    assert read(houses, query="Late").rows.tolist() == [5]


def test_an_unknown_sheet_offers_the_nearest(houses):
    with pytest.raises(UnknownNameError, match="There is no sheet 'House'. Did you mean 'Houses'?"):
        read(houses, query="House")


@pytest.mark.parametrize("sheet", ["Empty", "Head"])
def test_a_sheet_without_rows_is_an_error(houses, sheet):
    with pytest.raises(EmptySourceError, match=f"homes.xlsx, sheet '{sheet}', has no rows below its header"):
        read(houses, query=sheet)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"A1": 1, "B1": 2, "A2": 3, "B2": 4}, "row 1, is '1', '2': these look like values"),
        ({"A1": "Report", "A2": "a", "B2": "b", "C2": "c", "A3": 1}, "row 1, holds one cell, 'Report', above 3 columns"),
    ],
)
def test_a_sheet_without_column_names_is_an_error(tmp_path, cells, said):
    pytest.importorskip("fastexcel")
    with pytest.raises(MissingHeaderError, match=said):
        read(workbook(tmp_path / "homes.xlsx", {"S": cells}))


def test_a_name_used_twice_in_a_sheet_is_an_error(tmp_path):
    pytest.importorskip("fastexcel")
    with pytest.raises(ColumnError, match="homes.xlsx, sheet 'S' uses one name for several columns: 'a' for columns 1, 2"):
        read(workbook(tmp_path / "homes.xlsx", {"S": {"A1": "a", "B1": "a", "A2": 1, "B2": 2}}))


def test_a_damaged_workbook_is_an_error(houses, tmp_path):
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(houses.read_bytes()[:900])
    with pytest.raises(FormatError, match="broken.xlsx cannot be opened as a workbook: .* Save it again from the spreadsheet"):
        read(broken)


def test_parquet_keeps_the_types_that_later_stages_know(tmp_path):
    moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    frame = pl.DataFrame(
        {
            " a": [1, 2],
            "nested": [{"x": 1}, None],
            "city": pl.Series(["u", "v"], dtype=pl.Categorical),
            "moment": [moment, None],
            "raw": [b"x", b"y"],
            "amount": pl.Series(["1.50", "2.25"]).cast(pl.Decimal(10, 2)),
            "nothing": [None, None],
            "length": [datetime.timedelta(minutes=1)] * 2,
            "yes": [True, None],
        }
    )
    path = tmp_path / "homes.parquet"
    frame.write_parquet(path)
    records = read(path)
    assert records.frame.schema == {
        "a": pl.Int64,
        "nested": pl.String,
        "city": pl.String,
        "moment": pl.Datetime("us"),
        "amount": pl.Float64,
        "nothing": pl.String,
        "length": pl.Float64,
        "yes": pl.Boolean,
    }
    assert records.frame.row(0) == (1, '{"x": 1}', "u", moment.replace(tzinfo=None), 1.5, None, 60.0, True)
    assert records.rows.tolist() == [1, 2]
    assert "column 'raw' holds raw bytes and was left out" in records.notes


@pytest.mark.parametrize("cut", [slice(0, -5), slice(0, 3), slice(0, 0)])
def test_a_damaged_parquet_file_is_an_error(tmp_path, cut):
    whole = tmp_path / "homes.parquet"
    pl.DataFrame({"a": [1, 2]}).write_parquet(whole)
    whole.write_bytes(whole.read_bytes()[cut])
    with pytest.raises(FormatError, match="homes.parquet cannot be read as Parquet: .* The file is damaged, cut off"):
        read(whole)


def test_a_parquet_file_without_rows_is_an_error(tmp_path):
    pl.DataFrame({"a": []}).write_parquet(tmp_path / "homes.parquet")
    with pytest.raises(EmptySourceError, match="homes.parquet has 1 columns and no rows"):
        read(tmp_path / "homes.parquet")


@pytest.fixture
def lines(tmp_path):
    """Return a function that writes a JSON Lines file and reads it."""

    def write_and_read(content):
        path = tmp_path / "homes.jsonl"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path)

    return write_and_read


def test_json_lines_keep_types_and_lines(lines):
    records = lines('{"a":1,"b":"x"}\n\n{"a":2.5,"c":[1,2]}\n')
    assert records.frame.rows() == [(1.0, "x", None), (2.5, None, "[1, 2]")]
    assert records.rows.tolist() == [1, 3]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp949"])
def test_json_lines_are_read_in_other_encodings(lines, encoding):
    assert lines('{"이름":"김철수"}\n{"이름":"이영희"}\n'.encode(encoding)).frame.to_dicts()[1] == {"이름": "이영희"}


def test_not_a_number_in_json_lines_is_read_and_said(lines):
    records = lines('{"a":1.5}\n{"a":NaN}\n')
    assert records.frame["a"].is_nan().to_list() == [False, True]
    assert any("not strict JSON" in note for note in records.notes)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a":1}\n\n[1,2]\n', r"homes.jsonl, line 3, is a list: '\[1,2\]'. Expected one object in each line"),
        ('{"a":1}\n5\n', "line 2, is a number: '5'"),
        ('"x"\n', "line 1, is a text"),
        ('{"a":1}\nnull\n', "line 2, is null"),
        ('{"a":1}\n{"a":\n', "line 2, is no JSON: Expecting value at letter 6"),
        ('{"a":1}{"a":2}\n', "line 1, is no JSON: Extra data at letter 8"),
        ('{"a":1}\n{"a":[1]}\n', "homes.jsonl cannot be made a table: .*one key holds one kind of value"),
    ],
)
def test_a_line_that_is_no_object_is_an_error_with_its_number(lines, content, said):
    with pytest.raises(FormatError, match=said):
        lines(content)


@pytest.mark.parametrize("content", ["", "{}\n{}\n"])
def test_json_lines_without_values_are_an_error(lines, content):
    with pytest.raises(EmptySourceError, match="homes.jsonl (is empty|holds objects without a key)"):
        lines(content)


def test_too_many_keys_are_refused_with_the_limit(lines):
    with pytest.raises(ColumnError, match="homes.jsonl has 10,001 columns; at most 10,000"):
        lines("{" + ",".join(f'"c{number}":1' for number in range(10_001)) + "}\n")
