"""Excel workbooks (and OpenDocument sheets): one sheet is one table, its first row the column names."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
import polars.selectors as choose

from espalier.core.errors import EmptySourceError, FormatError, MissingHeaderError, missing_extra, unknown_name
from espalier.core.records import Records
from espalier.data.sources.columns import clean_names, named, plain_types
from espalier.data.sources.header import check_header

if TYPE_CHECKING:
    from fastexcel import ExcelReader

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
MIN_HEIGHT = 2  # the header and one row
MIN_TITLED_COLUMNS = 3  # one filled cell above this many columns is a title, not a header
NUMBER_TEXT = r"^-?[0-9]+(\.[0-9]+)?$"
MAX_WHOLE = 2.0**53  # beyond it a spreadsheet's numbers are no longer exact


def read(path: Path, sheet: str | None = None) -> Records:
    """Return the columns of one sheet; rows are the sheet's own row numbers.

    Args:
        path: the workbook.
        sheet: name of the sheet; without it, the first one that holds anything.

    Raises:
        FormatError: the file is damaged or no workbook.
        EmptySourceError: the sheet has no rows.
        MissingHeaderError: its first row is not column names.
        UnknownNameError: no sheet has this name.
        MissingExtraError: the package `fastexcel` is not installed.
    """
    reader = _open(path)
    if sheet is not None and sheet not in reader.sheet_names:
        raise unknown_name("sheet", sheet, reader.sheet_names)
    name = sheet if sheet is not None else _first_filled(reader, path.name)
    header, above = _header(reader, name, path.name)
    place = f"{path.name}, sheet '{name}'"
    frame = reader.load_sheet(name, header_row=0, schema_sample_rows=None).to_polars()
    frame.columns, name_notes = clean_names(header, place)
    frame = _with_all_digits(frame, reader, name)
    missing_notes = _read_as_missing(frame, reader, name)
    rows = np.arange(above + 2, above + 2 + frame.height)
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    blank = int((~filled).sum())
    frame, type_notes = plain_types(frame.filter(filled).with_columns(_whole_numbers(frame)), place)
    others = [f"'{other}'" for other in reader.sheet_names if other != name]
    notes = [f"sheet '{name}'" + (f"; not read: {named(others)}" if others else "")]
    if blank:
        notes.append(f"{blank:,} blank row{'s' if blank > 1 else ''} left out")
    return Records(frame, rows[filled.to_numpy()], str(path), (*notes, *name_notes, *missing_notes, *type_notes))


def _open(path: Path) -> "ExcelReader":
    try:
        import fastexcel
    except ImportError as error:
        raise missing_extra("fastexcel", "excel", "Reading an Excel file") from error
    logging.getLogger("fastexcel").addHandler(logging.NullHandler())  # or it prints a line for every empty column
    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        reason = str(error).splitlines()[0].removeprefix("calamine error: ")
        raise FormatError(
            f"{path.name} cannot be opened as a workbook: {reason}. The file is damaged, locked with a password, or another "
            "form of file with this name. Save it again from the spreadsheet, or as CSV."
        ) from error


def _first_filled(reader: "ExcelReader", source: str) -> str:
    for name in reader.sheet_names:
        if reader.load_sheet(name, header_row=None, n_rows=1).width:
            return name
    raise EmptySourceError(
        f"{source} holds no filled sheet ({named(reader.sheet_names)}). Expected one with a header and rows."
    )


def _header(reader: "ExcelReader", sheet: str, source: str) -> tuple[list[str], int]:
    """Return the cells of the first filled row, and the number of blank rows above it."""
    first = reader.load_sheet(sheet, header_row=None, n_rows=1, dtypes="string")
    if first.total_height < MIN_HEIGHT:
        raise EmptySourceError(f"{source}, sheet '{sheet}', has no rows below its header. Expected at least one.")
    header = ["" if cell is None else str(cell) for cell in first.to_polars().row(0)]
    above = reader.load_sheet(sheet, header_row=None, skip_rows=0, n_rows=1).total_height - first.total_height
    place = f"{source}, sheet '{sheet}', row {above + 1}"
    if len(header) >= MIN_TITLED_COLUMNS and sum(cell.strip() != "" for cell in header) == 1:
        raise MissingHeaderError(
            f"{place}, holds one cell, '{''.join(header).strip()}', above {len(header)} columns. "
            "Expected column names. Delete the rows above the row of column names."
        )
    check_header(header, (), place)
    return header, above


def _with_all_digits(frame: pl.DataFrame, reader: "ExcelReader", sheet: str) -> pl.DataFrame:
    """Return the frame with the numbers of mixed columns as exact text: the package spells them with nine decimals."""
    texts = frame.select(choose.string())
    mixed = [column.name for column in texts if bool(column.str.contains(NUMBER_TEXT).any())]
    if not mixed:
        return frame
    numbers = _again(frame, mixed, reader, sheet, "float")
    return frame.with_columns(
        pl.when(column.cast(pl.Float64, strict=False) != numbers[column.name])
        .then(numbers[column.name].cast(pl.String))
        .otherwise(column)
        .alias(column.name)
        for column in texts.select(mixed)
    )


def _read_as_missing(frame: pl.DataFrame, reader: "ExcelReader", sheet: str) -> tuple[str, ...]:
    """Return a note on each spelling, such as "n/a", that the package took for a missing cell among numbers or dates."""
    holed = [column.name for column in frame if column.null_count() and column.dtype != pl.String]
    texts = _again(frame, holed, reader, sheet, "string") if holed else pl.DataFrame()
    notes = []
    for text in texts:
        spellings = text.filter(frame[text.name].is_null()).drop_nulls()
        if len(spellings):
            written = [f"'{cell}'" for cell in spellings.unique(maintain_order=True)]
            notes.append(f"column '{text.name}': cells with {named(written)} were read as missing: {len(spellings):,}")
    return tuple(notes)


def _again(
    frame: pl.DataFrame, names: list[str], reader: "ExcelReader", sheet: str, kind: Literal["float", "string"]
) -> pl.DataFrame:
    """Return some columns once more, all in one type."""
    places = [frame.get_column_index(name) for name in names]
    found = reader.load_sheet(sheet, header_row=0, use_columns=places, dtypes=kind).to_polars()
    found.columns = names
    return found


def _whole_numbers(frame: pl.DataFrame) -> list[pl.Expr]:
    """Return casts to whole numbers: a spreadsheet stores 1 as 1.0, which a class or an identifier must not show."""
    numbers = frame.select(choose.float())
    whole = numbers.select((pl.all().is_null() | ((pl.all() == pl.all().round()) & (pl.all().abs() <= MAX_WHOLE))).all())
    return [pl.col(column.name).cast(pl.Int64) for column in whole if column.item()]
