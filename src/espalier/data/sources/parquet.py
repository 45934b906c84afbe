"""Parquet files: columns keep the types of the file."""

from pathlib import Path

import numpy as np
import polars as pl

from espalier.core.errors import EmptySourceError, FormatError
from espalier.core.records import Records
from espalier.data.sources.columns import clean_names, plain_types

SUFFIXES = (".parquet", ".pq")


def read(path: Path) -> Records:
    """Return the columns of a Parquet file; rows are numbered from 1.

    Raises:
        FormatError: the file is damaged or no Parquet.
        EmptySourceError: it has no rows.
        ColumnError: two names that differ only by spaces around them, or too many columns.
    """
    try:
        frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).splitlines()[0].removeprefix("parquet: ")
        raise FormatError(
            f"{path.name} cannot be read as Parquet: {reason[:1].lower()}{reason[1:]}. The file is damaged, cut off, "
            "or another form of file with this name. Copy or write it again."
        ) from error
    if frame.height == 0:
        raise EmptySourceError(f"{path.name} has {frame.width} columns and no rows. Expected at least one row.")
    names, name_notes = clean_names(frame.columns, path.name)
    frame.columns = names
    frame, type_notes = plain_types(frame, path.name)
    return Records(frame, np.arange(1, frame.height + 1), str(path), ("Parquet", *name_notes, *type_notes))
