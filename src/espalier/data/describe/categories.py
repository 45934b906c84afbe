"""Categories and text: cells as labels, written the same way whether they were read as text, numbers or truth values."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.data.describe.reading import Reading

TEXT_WORDS = 4.0  # words in the mean cell, from which on repeated cells are sentences rather than labels
TEXT_CHARACTERS = 40.0
MIN_TEXT_DISTINCT = 100  # different cells below this number are labels, however long
OWN_FRACTION = 0.5  # more different cells than this share of the filled ones: most rows have a cell of their own
MIN_SPACED_FRACTION = 0.5  # cells of two words and more, from which on cells of their own are text rather than codes
UUID = r"^(?:[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"
TWO_WORDS = r"(?:^|\s)[^\s\d]*\p{L}[^\s\d]*\s+[^\s\d]*\p{L}[^\s\d]*(?:\s|$)"
SURE_IN_TEXT = frozenset(["n/a", "#n/a", "<na>", "<null>", "(null)", "결측", "결측치"])
LEADING_ZERO = r"^0\d+$"
LONG_CODE = r"^\d{16,}$"
WHOLE_AS_FLOAT = r"^([+-]?\d+)\.0+$"
LARGEST_WHOLE = 2.0**53  # above it not every whole number has a float of its own


@dataclass(frozen=True)
class Wording:
    """How the cells of a text column look.

    Args:
        words: in the mean cell.
        characters: in the mean cell.
        spaced: share of cells with two words without digits side by side.
    """

    words: float
    characters: float
    spaced: float


def wording_of(sample: pl.Series) -> Wording:
    """Return how the cells of a text column look.

    Args:
        sample: filled cells, text without spaces at its ends.
    """
    cell = pl.col("cell")
    spaces = cell.str.count_matches(r"\s+")
    frame = (
        sample.alias("cell")
        .to_frame()
        .select(
            spaces.mean().alias("spaces"),
            cell.str.len_chars().mean().alias("characters"),
            cell.str.contains(TWO_WORDS).mean().alias("spaced"),
        )
    )
    spaces_mean, characters, spaced = frame.row(0)
    return Wording(spaces_mean + 1.0, characters, spaced)


def is_text(wording: Wording, num_distinct: int, num_filled: int) -> bool:
    """Tell whether the cells are free text: sentences, or several words that hardly ever repeat.

    Args:
        wording: from `wording_of`.
        num_distinct: different cells of the whole column.
        num_filled: filled cells of the whole column.
    """
    if num_distinct > OWN_FRACTION * num_filled:
        return wording.spaced >= MIN_SPACED_FRACTION
    is_long = wording.words >= TEXT_WORDS or wording.characters >= TEXT_CHARACTERS
    return is_long and num_distinct >= MIN_TEXT_DISTINCT and num_distinct >= 0.1 * num_filled


def read_labels(series: pl.Series, missing: tuple[str, ...] = (), classes: tuple[str, ...] | None = None) -> Reading:
    """Return a column's cells as labels, the same ones whether they come as text, numbers or truth values.

    Text loses spaces at its ends, whole numbers their decimal point, "True" and "FALSE" their capitals.

    Args:
        series: as read.
        missing: spellings of "not known", compared without spaces at the ends.
        classes: of a target, whose labels keep their capitals; typed truth values take the capitals of these. None for others.
    """
    text = as_text(series)
    levels = text.unique().drop_nulls()
    label = pl.col("level").str.strip_chars().str.replace(WHOLE_AS_FLOAT, "$1")
    truths = {cell: cell.lower() for cell in ("True", "TRUE", "False", "FALSE")}
    if classes is not None:
        truths = {name.lower(): name for name in classes} if series.dtype == pl.Boolean else {}
    if truths:
        label = label.replace(truths)
    spelt = ["", *(label_of(one) for one in missing)]
    clean = levels.alias("level").to_frame().select(pl.when(~label.is_in(spelt)).then(label).alias("level"))["level"]
    changed = (clean.is_null() | (clean != levels)).fill_null(True)
    if not changed.any():
        return Reading(text)
    return Reading(text.replace(levels.filter(changed), clean.filter(changed)))


def read_text(series: pl.Series, missing: tuple[str, ...] = ()) -> Reading:
    """Return a column's cells as text without spaces at its ends; blank cells and spellings of "not known" become null."""
    cell = pl.col("cell").str.strip_chars()
    frame = as_text(series).alias("cell").to_frame()
    values = frame.select(pl.when(~cell.is_in(["", *(one.strip() for one in missing)])).then(cell).alias(series.name))
    return Reading(values.to_series())


def label_of(cell: str) -> str:
    """Return the label for a cell, as `read_labels` writes it.

    Example:
        >>> label_of(" 3.0 "), label_of("007"), label_of("red")
        ('3', '007', 'red')
    """
    text = cell.strip()
    whole, point, rest = text.partition(".")
    return whole if point and rest and set(rest) == {"0"} and whole.lstrip("+-").isdigit() else text


def as_text(series: pl.Series) -> pl.Series:
    """Return a typed column as text: whole numbers without a decimal point, truth values as "true" and "false"."""
    if series.dtype == pl.String:
        return series
    if series.dtype.is_float():
        values = series.fill_nan(None)
        filled = values.drop_nulls().to_numpy()
        is_whole = bool((np.floor(filled) == filled).all() and (np.abs(filled) < LARGEST_WHOLE).all())
        return values.cast(pl.Int64).cast(pl.String) if is_whole else values.cast(pl.String)
    if series.dtype.is_nested() or series.dtype in (pl.Object, pl.Binary):
        return pl.Series(series.name, [None] * len(series), dtype=pl.String)
    return series.cast(pl.String)


def missing_in_text(sample: pl.Series) -> tuple[str, ...]:
    """Return the cells of free text or names that mean "not known", as written; words such as "null" may be names."""
    spelt = sample.filter(sample.str.to_lowercase().is_in(list(SURE_IN_TEXT))).unique()
    return tuple(sorted(spelt.to_list()))
