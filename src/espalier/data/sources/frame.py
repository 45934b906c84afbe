"""Frames in memory: polars, pandas, and whatever hands on Arrow data (pyarrow tables, DuckDB answers)."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from espalier.core.errors import EmptySourceError, SourceError
from espalier.core.records import Records
from espalier.data.sources.columns import clean_names, plain_types

if TYPE_CHECKING:
    import pandas

PLAIN_KINDS = "iufbMm"  # NumPy's letters for numbers, truth values, moments and durations


def is_frame(source: object) -> bool:
    """Return whether this is a frame that `read` takes.

    Example:
        >>> is_frame(pl.DataFrame({"age": [31]})), is_frame([31])
        (True, False)
    """
    return isinstance(source, pl.DataFrame | pl.LazyFrame) or hasattr(source, "__arrow_c_stream__") or _is_pandas(source)


def read(source: object) -> Records:
    """Return the columns of a frame; rows are numbered from 1.

    Raises:
        EmptySourceError: no rows or no columns.
        ColumnError: one name twice, or too many columns.
    """
    if _is_pandas(source):
        names, frame, notes = _from_pandas(source)
        kind = "pandas frame"
    else:
        frame, kind = _from_arrow(source)
        names, notes = frame.columns, ()
    if not frame.height or not frame.width:
        raise EmptySourceError(f"The {kind} has {frame.width} columns and {frame.height} rows. Expected at least one row.")
    frame.columns, name_notes = clean_names(names, f"The {kind}")
    frame, type_notes = plain_types(frame, f"The {kind}")
    return Records(frame, np.arange(1, frame.height + 1), kind, (*notes, *name_notes, *type_notes))


def _from_arrow(source: Any) -> tuple[pl.DataFrame, str]:  # noqa: ANN401  anything that hands on Arrow data
    if isinstance(source, pl.LazyFrame):
        return source.collect(), "polars frame"
    if isinstance(source, pl.DataFrame):
        return source.clone(), "polars frame"
    try:
        return pl.DataFrame(source), f"{type(source).__name__}"
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise SourceError(
            f"The {type(source).__name__} cannot be read as a table: {str(error).splitlines()[0]}. "
            "Expected a pandas or polars frame."
        ) from error


def _is_pandas(source: object) -> bool:
    return type(source).__module__.partition(".")[0] == "pandas" and type(source).__name__ == "DataFrame"


def _from_pandas(source: "pandas.DataFrame") -> tuple[list[str], pl.DataFrame, tuple[str, ...]]:
    columns = [_series(str(place), source.iloc[:, place]) for place in range(source.shape[1])]
    named_index = [str(name) for name in source.index.names if name is not None]
    notes = (f"the index ({', '.join(named_index)}) was left out; use reset_index() to keep it",) if named_index else ()
    return [str(name) for name in source.columns], pl.DataFrame(columns), notes


def _series(name: str, column: "pandas.Series") -> pl.Series:
    """Return a pandas column; NaN, NaT and NA, which mean "not known" in pandas, become null."""
    kind = column.dtype
    if str(getattr(kind, "tz", None)) != "None":
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
        kind = column.dtype
    if isinstance(kind, np.dtype) and kind.kind in PLAIN_KINDS:
        return pl.Series(name, column.to_numpy(), nan_to_null=True)
    values = column.astype(object).where(column.notna(), None).tolist()
    return pl.Series(name, values, strict=False)
