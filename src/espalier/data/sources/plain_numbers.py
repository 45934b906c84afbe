"""Columns of plain numbers, typed where that loses nothing; every other column stays text, as it is written.

A typed column needs half the memory or less. Typing must not change what a person can see, so a column is typed only when
two cells are equal as numbers exactly when they are equal as text:
- whole numbers: written again they give the same text, so "007", "+5", "1,234" and numbers beyond 64 bits stay text;
- fractions: all in their shortest form ("1.5", "-0.25", "3", "1e-05"), or all in the shortest form with a point, as Python
  and pandas write them ("1.5", "3.0"), or all with the same number of decimals ("1.50", "2.00"). A column with both "1.1"
  and "1.10" stays text: these may be version numbers, and describing it can still find that they are numbers.
"""

import polars as pl

PEEK_ROWS = 1000
WHOLE = r"^(0|-?[1-9][0-9]{0,18})$"
SHORTEST = (
    r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]*[1-9])?(e[+-][0-9]{1,3})?$"  # at most 15 digits before the point: exact in a double
)
POINTED = r"^-?(0|[1-9][0-9]{0,14})(\.(0|[0-9]*[1-9])|(\.[0-9]*[1-9])?e[+-][0-9]{1,3})$"
FIXED = r"^-?(0|[1-9][0-9]{0,14})\.[0-9]+$"


def typed(column: pl.Series) -> pl.Series:
    """Return a text column as Int64 or Float64 where that loses nothing, else as it is.

    Args:
        column: text; missing cells are null and stay null.

    Example:
        >>> [str(typed(pl.Series(cells)).dtype) for cells in (["1", None], ["1.50", "2.00"], ["01", "2"], ["1.1", "1.10"])]
        ['Int64', 'Float64', 'String', 'String']
    """
    peek = column.drop_nulls().head(PEEK_ROWS)
    if peek.is_empty():
        return column
    if _all_match(peek, WHOLE):
        whole = column.cast(pl.Int64, strict=False)
        if whole.null_count() == column.null_count() and bool((whole.cast(pl.String) == column).all()):
            return whole
    if any(_all_match(peek, form) and _all_match(column, form) for form in (SHORTEST, POINTED)):
        return column.cast(pl.Float64)
    if _all_match(peek, FIXED) and _all_match(column, FIXED):
        decimals = column.str.len_bytes() - column.str.find(".", literal=True)
        if decimals.drop_nulls().n_unique() == 1:
            return column.cast(pl.Float64)
    return column


def _all_match(column: pl.Series, pattern: str) -> bool:
    return bool(column.str.contains(pattern).all())
