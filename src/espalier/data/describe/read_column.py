"""Reading a whole column as what its schema says it is."""

import polars as pl

from espalier.core.schema import Column, Kind, Role
from espalier.data.describe.categories import read_labels, read_text
from espalier.data.describe.cells import plain_column
from espalier.data.describe.dates import read_dates
from espalier.data.describe.numbers import PLAIN, read_numbers
from espalier.data.describe.reading import Reading


def read_column(series: pl.Series, column: Column) -> Reading:
    """Return a column's cells as its kind: Float64, Datetime("us"), windows as they are, or text for all others.

    Args:
        series: as read from the source, text or typed.
        column: its kind, role, format and spellings of "not known". Identifiers and groups are text, whatever they hold.
    """
    if column.kind is Kind.SERIES:
        return Reading(series)
    series = plain_column(series)
    if column.role in (Role.IDENTIFIER, Role.GROUP):
        return read_text(series, column.missing)
    if column.kind is Kind.NUMBER:
        return read_numbers(series, column.format or PLAIN, column.missing)
    if column.kind is Kind.DATE:
        return read_dates(series, column.format, column.missing)
    if column.kind in (Kind.TEXT, Kind.IMAGE):
        return read_text(series, column.missing)
    return read_labels(series, column.missing, column.order if column.role is Role.TARGET else None)
