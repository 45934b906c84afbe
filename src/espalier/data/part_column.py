"""What names the part of each row: a column, a folder or an array, however its values are spelt."""

import re

import polars as pl

from espalier.core.errors import ColumnError
from espalier.core.records import IntArray

SPELLINGS = (
    ("train", "training", "trn", "tr", "fit", "learn", "learning"),
    ("valid", "validation", "validate", "val", "dev", "development", "eval", "evaluation"),
    ("test", "testing", "tst", "holdout", "heldout"),
)
MAX_SHOWN = 5  # values or rows named in a message


def parts_of_column(values: pl.Series, rows: IntArray) -> IntArray:
    """Return (N,) the part that the column names for each row: 0 train, 1 valid, 2 test.

    Capitals, spaces and hyphens do not count. A column with two values names the training rows and those held out: the
    latter are the test part, whatever they are called, and no row is valid.

    Args:
        values: the column.
        rows: (N,) source rows, for messages.

    Raises:
        ColumnError: a value is missing or names no part, or there are no training rows, or nothing is held out.

    Example:
        >>> import numpy as np
        >>> parts_of_column(pl.Series("part", ["Train", "val", "hold-out"]), np.arange(3)).tolist()
        [0, 1, 2]
    """
    if values.null_count():
        empty = rows[values.is_null().to_numpy()]
        shown = ", ".join(str(row) for row in empty[:MAX_SHOWN])
        raise ColumnError(
            f"The column '{values.name}' names the part of each row and is empty in {len(empty)} rows (row {shown}). "
            "Fill it with train, valid or test."
        )
    plain = values.cast(pl.String).str.to_lowercase().str.replace_all(r"[\s_\-]", "")
    spelt = {spelling: part for part, spellings in enumerate(SPELLINGS) for spelling in spellings}
    parts = plain.replace_strict(list(spelt), list(spelt.values()), default=None, return_dtype=pl.Int64)
    if parts.null_count():
        unknown = values.filter(parts.is_null()).unique(maintain_order=True)
        shown = ", ".join(repr(value) for value in unknown.head(MAX_SHOWN).to_list())
        more = f" and {len(unknown) - MAX_SHOWN} more" if len(unknown) > MAX_SHOWN else ""
        raise ColumnError(
            f"The column '{values.name}' should name the part of each row, and holds {shown}{more}. "
            "Expected train, valid and test (or train and test). Rename its values, or use another split.method."
        )
    found = parts.unique().sort().to_list()
    if 0 not in found or len(found) < 2:
        raise ColumnError(
            f"The column '{values.name}' names only the part {', '.join(SPELLINGS[part][0] for part in found)}. "
            "Expected rows to train on and rows held out for the test."
        )
    named = parts.to_numpy().copy()
    if found == [0, 1]:
        named[named == 1] = 2
    return named


def part_of(word: str) -> str | None:
    """Return train, valid or test where a word is a spelling of it, else None.

    Example:
        >>> part_of("Hold-out"), part_of("images")
        ('test', None)
    """
    plain = re.sub(r"[\s_\-]", "", word.lower())
    return next((spellings[0] for spellings in SPELLINGS if plain in spellings), None)


def part_in(name: str) -> str | None:
    """Return the part that one of a name's words is a spelling of, such as train for "x_train"; else None."""
    return next((part for word in _words(name) if (part := part_of(word)) is not None), None)


def word_of(name: str) -> str:
    """Return what an array is for, its part left out: "x" of "X_train"."""
    words = [word for word in _words(name.lower()) if word and part_of(word) is None]
    return words[0] if words else name.lower()


def _words(name: str) -> list[str]:
    return re.split(r"[_\-. ]", name)
