"""Picture paths: a table one of whose columns names picture files, by paths from the folder that the table lies in."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from espalier.core.records import Records
from espalier.core.schema import Column, Kind, Role
from espalier.data.pictures.decode import SUFFIXES
from espalier.data.pictures.files import folder_album

TABLES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
SAMPLE = 200  # cells of a column that are looked at
MIN_PICTURES = 0.8  # share of them that end as pictures do
TRIED = 20  # of the first of them, one must be there
IS_PATH = Column(Kind.IMAGE, Role.INPUT, reason="paths of pictures")


def with_pictures(source: object, records: Records) -> Records:
    """Return the records of a table with the pictures that one of its columns names; without such a column as they are.

    A file that is missing is a picture that cannot be read: it is named with its line when the pictures are looked at.

    Args:
        source: what the records were read from; only files can have pictures beside them.
        records: of the table.
    """
    path = Path(source).expanduser() if isinstance(source, str | Path) else None
    if path is None or path.suffix.lower() not in TABLES or not path.is_file():
        return records
    column = next(
        (name for name in records.frame.columns if _names_pictures(records.frame.get_column(name), path.parent)), None
    )
    if column is None:
        return records
    named = records.frame.get_column(column).str.strip_chars()
    named = pl.select(pl.when(named != "").then(named)).to_series().alias(column)
    hints = replace(records.hints, columns={**records.hints.columns, column: IS_PATH})
    note = f"the column '{column}' names pictures; they are read from {path.parent}"
    frame = records.frame.with_columns(named)
    return replace(records, frame=frame, hints=hints, notes=(*records.notes, note), album=folder_album(path.parent))


def _names_pictures(column: pl.Series, folder: Path) -> bool:
    """Return whether a column holds names of picture files, of which some are there."""
    if column.dtype != pl.String:
        return False
    cells = [cell.strip() for cell in column.drop_nulls().head(SAMPLE).to_list()]
    named = [cell for cell in cells if cell.lower().endswith(SUFFIXES)]
    if not named or len(named) < MIN_PICTURES * len(cells):
        return False
    return any((folder / cell).is_file() for cell in named[:TRIED])
