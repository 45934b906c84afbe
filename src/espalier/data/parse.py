"""Parse: every column in the type of its kind. Cells that cannot be read become missing, and are named."""

from dataclasses import dataclass, replace

import polars as pl

from espalier.core.records import IntArray, Records
from espalier.core.schema import Column, Kind, Role, Schema
from espalier.data.describe.categories import as_text
from espalier.data.describe.read_column import read_column

MAX_NAMED_ROWS = 100  # source rows that an issue lists
MAX_NAMED_CELLS = 3  # cells that its sentence quotes
SHOWN_CHARACTERS = 30
TYPES = {Kind.NUMBER: pl.Float64(), Kind.DATE: pl.Datetime("us")}  # all other kinds are text
LINE_SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")  # files whose rows are lines
WORDS = {Kind.NUMBER: ("number", "numbers"), Kind.DATE: ("date", "dates")}


@dataclass(frozen=True)
class ParseIssue:
    """Cells of one column that count as missing although something stands there, or a column that is not there.

    Args:
        column: its name.
        sentence: what was found, with the first cells and where they stand.
        rows: source rows, at most 100 of them.
        count: how many cells it is about.
    """

    column: str
    sentence: str
    rows: tuple[int, ...]
    count: int


@dataclass(frozen=True)
class Parsed:
    """Records with typed columns.

    Args:
        records: the columns of the schema that are not ignored.
        issues: what could not be read, in the order of the columns.
    """

    records: Records
    issues: tuple[ParseIssue, ...]


def parse(records: Records, schema: Schema) -> Parsed:
    """Return records whose columns have the types of their kinds, and what could not be read.

    Numbers become Float64, dates Datetime("us"), all else text; identifiers and groups become text too. Missing cells are null.
    Columns that the schema does not know, or ignores, are left out. An input that the records lack becomes a column of
    nulls and an issue; a target, group or identifier that they lack is left out, as when predicting.

    Args:
        records: as they were read.
        schema: from `describe`.
    """
    given = set(records.frame.columns)
    columns: dict[str, pl.Series] = {}
    issues: list[ParseIssue] = []
    for name, column in schema.columns.items():
        if column.role is Role.IGNORED:
            continue
        if name in given:
            columns[name], found = _parse_column(records, name, column)
            issues += found
        elif column.role in (Role.INPUT, Role.TIME):
            columns[name] = pl.Series(name, [None], dtype=TYPES.get(column.kind, pl.String())).new_from_index(0, len(records))
            sentence = f"The column '{name}' is not there; all {len(records):,} rows count as missing in it."
            issues.append(ParseIssue(name, sentence, (), len(records)))
    frame = pl.DataFrame(list(columns.values())) if columns else pl.DataFrame(height=len(records))
    return Parsed(replace(records, frame=frame), tuple(issues))


def _parse_column(records: Records, name: str, column: Column) -> tuple[pl.Series, list[ParseIssue]]:
    """Return one column's values and what could not be read in it."""
    series = records.frame[name]
    reading = read_column(series, column)
    issues = []
    if len(reading.unread):
        what = WORDS[column.kind][0 if len(reading.unread) == 1 else 1]
        verb = f"is no {what} and counts" if len(reading.unread) == 1 else f"are no {what} and count"
        issues.append(_issue(records, series, reading.unread, f"{verb} as missing"))
    if len(reading.infinite):
        verb = "is infinite and counts" if len(reading.infinite) == 1 else "are infinite and count"
        issues.append(_issue(records, series, reading.infinite, f"{verb} as missing"))
    return reading.values.alias(name), issues


def _issue(records: Records, series: pl.Series, positions: IntArray, verb: str) -> ParseIssue:
    """Return the issue for the cells at these positions; its sentence quotes the first few."""
    rows = records.rows[positions[:MAX_NAMED_ROWS]]
    word = "line" if any(suffix in records.source.lower() for suffix in LINE_SUFFIXES) else "row"
    cells = as_text(series.gather(positions[:MAX_NAMED_CELLS])).to_list()
    quoted = [f"'{str(cell)[:SHOWN_CHARACTERS]}' ({word} {row:,})" for cell, row in zip(cells, rows.tolist(), strict=False)]
    more = f" and {len(positions) - len(quoted):,} more" if len(positions) > len(quoted) else ""
    cell_word = "cell" if len(positions) == 1 else "cells"
    sentence = f"{len(positions):,} {cell_word} of '{series.name}' {verb}: {', '.join(quoted)}{more}."
    return ParseIssue(str(series.name), sentence, tuple(rows.tolist()), len(positions))
