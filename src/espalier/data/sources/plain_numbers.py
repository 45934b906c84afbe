"""Columns of plain numbers, typed where that loses nothing; every other column stays text, as it is written.

A typed column needs half the memory or less. Typing must not change what a person can see, so a column is typed only when
two cells are equal as numbers exactly when they are equal as text:
- whole numbers: written again they give the same text, so "007", "+5", "1,234" and numbers beyond 64 bits stay text;
- fractions: all in their shortest form ("1.5", "-0.25", "3", "1e-05"), or all in the shortest form with a point, as Python
  and pandas write them ("1.5", "3.0"), or all with the same number of decimals ("1.50", "2.00"). A column with both "1.1"
  and "1.10" stays text: these may be version numbers, and describing it can still find that they are numbers.
"""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

PEEK_ROWS = 200
BATCH_CELLS = 5_000_000  # columns are typed in groups of about so many cells, so that only one group exists twice
SHORTEST = (
    r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]*[1-9])?(e[+-][0-9]{1,3})?$"  # at most 15 digits before the point: exact in a double
)
POINTED = r"^-?(0|[1-9][0-9]{0,14})(\.(0|[0-9]*[1-9])|(\.[0-9]*[1-9])?e[+-][0-9]{1,3})$"
FIXED = r"^-?(0|[1-9][0-9]{0,14})\.[0-9]+$"


def _is_whole(cell: pl.Expr) -> pl.Expr:
    return cell.cast(pl.Int64, strict=False).cast(pl.String).eq_missing(cell).all()


def _is_shortest(cell: pl.Expr) -> pl.Expr:
    return cell.str.contains(SHORTEST).all()


def _is_pointed(cell: pl.Expr) -> pl.Expr:
    return cell.str.contains(POINTED).all()


def _is_fixed(cell: pl.Expr) -> pl.Expr:
    decimals = cell.str.len_bytes() - cell.str.find(".", literal=True)
    return cell.str.contains(FIXED).all() & (decimals.drop_nulls().n_unique() <= 1)


Form = Callable[[pl.Expr], pl.Expr]
FORMS: Mapping[Form, type[pl.DataType]] = {
    _is_whole: pl.Int64,
    _is_shortest: pl.Float64,
    _is_pointed: pl.Float64,
    _is_fixed: pl.Float64,
}


def type_numbers(columns: list[pl.Series]) -> None:
    """Put Int64 or Float64 columns in the place of text columns where that loses nothing.

    Args:
        columns: all of one length, with different names; missing cells are null and stay null. The list is changed in
            place, so that the text of a column is freed as soon as the column is typed.

    Example:
        >>> cells = [["1", None], ["1.50", "2.00"], ["1.5", "2.0"], ["01", "2"], ["1.1", "1.10"]]
        >>> columns = [pl.Series(str(place), column) for place, column in enumerate(cells)]
        >>> type_numbers(columns)
        >>> [str(column.dtype) for column in columns]
        ['Int64', 'Float64', 'Float64', 'String', 'String']
    """
    step = max(1, BATCH_CELLS // max(1, len(columns[0]))) if columns else 1
    for start in range(0, len(columns), step):
        frame = pl.DataFrame(columns[start : start + step]).rechunk()
        columns[start : start + step] = _typed(frame).get_columns()


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    peek = frame.head(PEEK_ROWS)
    open_names = [column.name for column in frame if column.null_count() < len(column)]
    kinds: dict[str, type[pl.DataType]] = {}
    for form, kind in FORMS.items():
        found = _fitting(frame, _fitting(peek, open_names, form), form)
        kinds |= dict.fromkeys(found, kind)
        open_names = [name for name in open_names if name not in kinds]
    return frame.with_columns(pl.col(name).cast(kind) for name, kind in kinds.items())


def _fitting(frame: pl.DataFrame, names: Sequence[str], form: Form) -> list[str]:
    """Return those of the named columns of which every cell that is not missing has this form."""
    if not names:
        return []
    fits = frame.select(form(pl.col(name)).alias(name) for name in names).row(0)
    return [name for name, fit in zip(names, fits, strict=True) if fit]
