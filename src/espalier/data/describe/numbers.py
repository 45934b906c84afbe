"""Numbers, however they are written. A column has one style, decided by all of its cells.

"plain"       1234.5, -3, 1e5
"1,234.5"     commas between thousands; also (1,234.5) for minus
"1.234,5"     a decimal comma; dots or spaces between thousands
"percent"     12 %; the number read is 12; cells without the sign are unread, as 0.12 could be meant
"currency"    $1,200 or ₩3,000 or 3000원, also without the sign
"percent 1.234,5" and "currency 1.234,5" are the same with a decimal comma.
"""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from espalier.core.records import IntArray
from espalier.data.describe.missing import DOUBTFUL, SURE
from espalier.data.describe.reading import NOWHERE, Reading

PLAIN = "plain"
DECIMAL_COMMA = "1.234,5"
STYLES = (PLAIN, "1,234.5", "1.234,5", "percent", "percent 1.234,5", "currency", "currency 1.234,5")
MIN_NUMBER_FRACTION = 0.9  # of the filled cells; the rest are named one by one when the column is parsed
MIN_MARKED_FRACTION = 0.5  # of the cells of a percent or currency column carry the sign
SIGNS = {"percent": "%％", "currency": "$€£¥￥₩￦₹₽₺฿₫원円元"}
MARKS = {"percent": r"[%％]", "currency": rf"(?i)[{SIGNS['currency']}]|\b(?:usd|eur|gbp|jpy|krw|cny|chf|inr)\b"}
ZEROS = ["0", "0.0", "0,0"]  # nothing is nothing, with a percent sign or without
SCORED_CELLS = 10_000  # cells of the sample on which styles are compared
SPACES = r"[\s\u00a0\u202f']"
SPACED_NUMBER = r"^[+-]?[1-9]\d{0,2}(?:[\s\u00a0\u202f']\d{3})+(?:[.,]\d*)?$"
POINT_NUMBER = r"^[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)$"
COMMA_NUMBER = r"^[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?|\d+(?:,\d*)?(?:[eE][+-]?\d+)?|,\d+)$"
CODE = r"^[A-Za-z]{1,3}[-. ]?\d+(?:\.\d+)?$"  # "V57", "E849.0": a code, no spoilt number
MAX_CODE_FRACTION = 0.005  # of the filled cells; above it a column of numbers and such codes is a column of codes


@dataclass(frozen=True)
class Style:
    """How the numbers of a column are written.

    Args:
        name: one of STYLES.
        fraction: share of the filled cells that are such numbers, spellings of "not known" left out.
    """

    name: str
    fraction: float


def find_style(sample: pl.Series) -> Style | None:
    """Return the style of a text column's numbers, or None when it is no column of numbers.

    Args:
        sample: filled cells, text without spaces at its ends.
    """
    cast = sample.cast(pl.Float64, strict=False)
    if not cast.null_count():
        return Style(PLAIN, 1.0)
    failed = _counted(sample.filter(cast.is_null()))
    total = len(sample) - cast.null_count() + int(failed["times"].sum())
    if not total:
        return None
    plain = Style(PLAIN, 1 - int(failed["times"].sum()) / total)
    best = _best_style(sample, failed, total) if _has_digits(failed) else plain
    if best.fraction < MIN_NUMBER_FRACTION:
        return None
    if best.name != PLAIN:
        return best
    codes = int(failed.filter(failed["cell"].str.contains(CODE))["times"].sum())
    return None if codes > MAX_CODE_FRACTION * total else best


def best_style(sample: pl.Series) -> Style | None:
    """Return the style that reads the most cells, be they few, or None when no cell is a number."""
    counted = _counted(sample)
    if not len(counted):
        return None
    best = _best_style(sample, counted, int(counted["times"].sum()))
    return best if best.fraction > 0 else None


def _counted(cells: pl.Series) -> pl.DataFrame:
    """Return the different cells as "cell" with their "times", spellings of "not known" left out."""
    counted = cells.alias("cell").value_counts(name="times")
    return counted.filter(~counted["cell"].str.to_lowercase().is_in([*SURE, *DOUBTFUL]))


def _has_digits(failed: pl.DataFrame) -> bool:
    return bool(failed["cell"].str.contains(r"\d").any())


def _best_style(sample: pl.Series, failed: pl.DataFrame, total: int) -> Style:
    """Return the style that reads the largest share; of equals the first in the order of STYLES."""
    candidates = [PLAIN, "1,234.5", "1.234,5"]
    for sign, pattern in MARKS.items():
        marked = int(failed.filter(failed["cell"].str.contains(pattern))["times"].sum())
        if marked >= MIN_MARKED_FRACTION * total:
            candidates += [sign, f"{sign} 1.234,5"]
    share = total / len(sample)  # of cells that are not spellings of "not known"
    cells = sample if len(sample) <= SCORED_CELLS else sample.sample(SCORED_CELLS, seed=0)
    counts = {name: read_numbers(cells, name).values.count() for name in candidates}
    best = max(counts, key=lambda name: counts[name])
    if best == "currency" and counts["currency 1.234,5"] == counts[best] and not _has_cents(cells):
        best = "currency 1.234,5"  # "€ 1.200" is no price of one euro and a fifth
    return Style(best, min(counts[best] / (share * len(cells)), 1.0))


def _has_cents(cells: pl.Series) -> bool:
    """Tell whether a price ends in a point and one or two digits, or no price has a point."""
    return bool(cells.str.contains(r"\.\d{1,2}(?:\D|$)").any()) or not cells.str.contains(".", literal=True).any()


def read_numbers(series: pl.Series, style: str, missing: tuple[str, ...] = ()) -> Reading:
    """Return a column's cells as Float64.

    Args:
        series: numbers, or text in this style.
        style: one of STYLES; numbers that are typed already are taken as they are.
        missing: spellings of "not known"; compared without spaces at the ends, or as numbers.
    """
    if series.dtype == pl.String:
        values, unread = _read_text(series, style, missing)
        return _without_infinite(_without(values, missing), unread)
    if series.dtype.is_temporal():
        values = series.cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64) / 1e6
    else:
        values = series.cast(pl.Float64, strict=False)
    return _without_infinite(_without(values, missing), NOWHERE)


def _read_text(series: pl.Series, style: str, missing: tuple[str, ...]) -> tuple[pl.Series, IntArray]:
    """Return values, and the positions of cells that are neither numbers nor missing."""
    values = series.cast(pl.Float64, strict=False)
    failed = values.is_null() & series.is_not_null()
    if _has_nan(values):
        failed |= values.is_nan().fill_null(False)
    if style.endswith(DECIMAL_COMMA) or style.startswith("percent"):  # "1.234" or "12" is no plain number here
        failed = series.is_not_null()
    if not failed.any():
        return values, NOWHERE
    places = failed.arg_true()
    text = series.gather(places).str.strip_chars()
    read = _read_written(text, style).fill_nan(None)
    values = values.scatter(places, read)
    if not read.null_count():
        return values, NOWHERE
    spelt = text.str.to_lowercase().is_in(["", *(one.strip().lower() for one in missing)])
    return values, places.filter(read.is_null() & ~spelt).to_numpy().astype(np.int64)


def _read_written(text: pl.Series, style: str) -> pl.Series:
    """Return the numbers of cells that are no plain numbers; what is no number in this style becomes null."""
    if style == PLAIN:
        return _swap(text, "−", "-").cast(pl.Float64, strict=False)
    signed = text.str.contains(MARKS["percent"]) | text.is_in(ZEROS) if style.startswith("percent") else None
    for word in MARKS:
        if style.startswith(word):
            text = text.str.strip_chars(SIGNS[word] + " \u00a0")
            text = text.str.replace_all(MARKS[word], "").str.strip_chars() if text.str.contains(MARKS[word]).any() else text
    text = _swap(_swap(text, "−", "-"), "–", "-")
    if text.str.contains("(", literal=True).any():
        text = text.str.replace(r"^\((.+)\)$", "-$1")
    spaced = text.str.contains(SPACED_NUMBER) if text.str.contains(SPACES).any() else None
    if spaced is not None and spaced.any():
        text = text.str.replace_all(SPACES, "").zip_with(spaced.fill_null(False), text)
    cell = pl.col("cell")
    if style.endswith(DECIMAL_COMMA):
        form, point = COMMA_NUMBER, cell.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    else:
        form, point = POINT_NUMBER, cell.str.replace_all(",", "", literal=True)
    number = pl.when(cell.str.contains(form)).then(point).cast(pl.Float64, strict=False)
    read = text.alias("cell").to_frame().select(number.alias("cell"))["cell"]
    return read if signed is None else read.zip_with(signed, pl.Series([None], dtype=pl.Float64))


def currencies_of(sample: pl.Series) -> tuple[str, ...]:
    """Return the signs of currency that the cells of a column carry."""
    return tuple(sign for sign in SIGNS["currency"] if sample.str.contains(sign, literal=True).any())


def _swap(text: pl.Series, old: str, new: str) -> pl.Series:
    """Return text with a character replaced; looking first is much quicker where it is not there."""
    return text.str.replace_all(old, new, literal=True) if text.str.contains(old, literal=True).any() else text


def _has_nan(values: pl.Series) -> bool:
    """Tell whether a value is NaN or infinite; quick, because the sum tells."""
    return not math.isfinite(values.sum())


def _without(values: pl.Series, missing: tuple[str, ...]) -> pl.Series:
    """Return the values with NaN, and the numbers among the spellings of "not known", made null."""
    numbers = pl.Series(list(missing), dtype=pl.String).cast(pl.Float64, strict=False).drop_nulls() if missing else ()
    if len(numbers):
        column = pl.col(values.name)
        known = pl.when(~column.is_in(list(numbers))).then(column)
        values = values.to_frame().select(known.alias(values.name)).to_series()
    return values.fill_nan(None) if _has_nan(values) else values


def _without_infinite(values: pl.Series, unread: IntArray) -> Reading:
    if not _has_nan(values):
        return Reading(values, unread)
    infinite = values.is_infinite().fill_null(False)
    finite = values.to_frame().select(pl.when(~infinite).then(pl.col(values.name)).alias(values.name)).to_series()
    return Reading(finite, unread, infinite.arg_true().to_numpy().astype(np.int64))
