"""Numbers, times and names as people read them."""

import math
import re
from datetime import date, datetime
from urllib.parse import urlsplit, urlunsplit

NOT_KNOWN = "–"
DIGITS = 4  # significant digits of a number that is not whole
PERCENT = "\N{NO-BREAK SPACE}%"
MINUS = "\N{MINUS SIGN}"
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
MANY_DECIMALS = re.compile(r"-?\d+\.\d{5,}(e-?\d+)?")
EXAMPLE_LENGTH = 40
LARGE = 10**15  # from here, and below SMALL, powers of ten are easier to read than zeros
SMALL = 10**-4
MINUTE_SECONDS = 60
INTERVAL_DIGITS = 2  # significant digits of an interval's width
SCORE_DIGITS = 3  # significant digits of a score at least

METRIC_TITLES = {
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "f1": "F1",
    "f1_macro": "F1 (macro)",
    "f1_micro": "F1 (micro)",
    "macro_f1": "F1 (macro)",
    "micro_f1": "F1 (micro)",
    "rmse": "RMSE",
    "mae": "MAE",
    "mse": "MSE",
    "mape": "MAPE",
    "r2": "R²",
    "top_5_accuracy": "top-5 accuracy",
    "mean_iou": "mean IoU",
}


def number(value: float | None, digits: int = DIGITS) -> str:
    """Return a number with thousands separators; one that is not whole is rounded.

    Args:
        value: the number; None and NaN are shown as a dash.
        digits: significant digits of a number that is not whole.

    Example:
        >>> number(48213.4), number(0.86341), number(120000)
        ('48,210', '0.8634', '120,000')
    """
    if value is None or math.isnan(value):
        return NOT_KNOWN
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= LARGE or size < SMALL:
        return _scientific(value, digits)
    if value == int(value):
        return signed(f"{int(value):,}")
    decimals = digits - 1 - math.floor(math.log10(size))
    text = f"{round(value, decimals):,.{max(decimals, 0)}f}"
    return signed(text.rstrip("0").rstrip(".") if "." in text else text)


def signed(text: str) -> str:
    """Return the text of a number with a true minus sign."""
    return text.replace("-", MINUS)


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{signed(mantissa)} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def decimals_for(low: float, high: float, digits: int = INTERVAL_DIGITS) -> int:
    """Return how many decimals numbers need so that an interval's width keeps some significant digits."""
    width = abs(high - low)
    if not math.isfinite(width) or width == 0:
        return 3
    return min(max(digits - 1 - math.floor(math.log10(width)), 0), 6)


def decimals_of_score(value: float, low: float, high: float) -> int:
    """Return how many decimals a score needs: three significant digits, or more when its interval is narrow."""
    size = max((abs(one) for one in (value, low, high) if math.isfinite(one)), default=0.0)
    digits = SCORE_DIGITS - 1 - math.floor(math.log10(size)) if size > 0 else 0
    return min(max(decimals_for(low, high), digits, 0), 6)


def rounded(value: float, decimals: int) -> str:
    """Return a number with a given count of decimals, so that numbers under each other align.

    Example:
        >>> rounded(0.8, 3), rounded(48213.4, 0), rounded(-0.0001, 2)
        ('0.800', '48,213', '0.00')
    """
    if value is None or math.isnan(value):
        return NOT_KNOWN
    if math.isinf(value) or abs(value) >= LARGE:
        return number(value)
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else signed(text)


def interval(low: float, high: float, decimals: int | None = None) -> str:
    """Return "low to high", rounded as the width allows.

    Example:
        >>> interval(0.8123, 0.9071)
        '0.812 to 0.907'
    """
    places = decimals_for(low, high) if decimals is None else decimals
    return f"{rounded(low, places)} to {rounded(high, places)}"


def short_interval(low: float, high: float, decimals: int) -> str:
    """Return an interval for a narrow column of a table; an end below zero keeps the word between, to be told from a minus.

    Example:
        >>> short_interval(0.8123, 0.9071, 3), short_interval(-0.1, 0.2, 1)
        ('0.812–0.907', '−0.1 to 0.2')
    """
    return interval(low, high, decimals) if low < 0 else f"{rounded(low, decimals)}–{rounded(high, decimals)}"


def percent(fraction: float | None) -> str:
    r"""Return a share as a percentage; what is not quite nothing or all is never rounded to it.

    Args:
        fraction: 0 to 1.

    Example:
        >>> percent(0.384), percent(0.0004), percent(0.9999)
        ('38\xa0%', '< 0.1\xa0%', '> 99.9\xa0%')
    """
    if fraction is None or math.isnan(fraction):
        return NOT_KNOWN
    share = 100 * fraction
    if 0 < share < 0.1:
        return f"< 0.1{PERCENT}"
    if 99.9 < share < 100:
        return f"> 99.9{PERCENT}"
    text = f"{share:.1f}" if 0 < share < 10 or 99 < share < 100 else f"{share:.0f}"
    return f"{text.removesuffix('.0')}{PERCENT}"


def duration(seconds: float | None) -> str:
    """Return a time in the unit that suits it.

    Example:
        >>> duration(0.0312), duration(12.34), duration(200), duration(7500)
        ('31 ms', '12.3 s', '3 min 20 s', '2 h 5 min')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOT_KNOWN
    if seconds < 1:
        return f"{number(1000 * seconds, 2)} ms"
    if round(seconds, 1) < MINUTE_SECONDS:
        return f"{number(round(seconds, 1), 3)} s"
    minutes, rest = divmod(round(seconds), MINUTE_SECONDS)
    if minutes < MINUTE_SECONDS:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / MINUTE_SECONDS), MINUTE_SECONDS)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun.

    Example:
        >>> counted(1, "row"), counted(1200, "row")
        ('1 row', '1,200 rows')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def cell(value: object) -> str:
    """Return one value of a table in words: numbers rounded, nothing as a dash, dates without an empty clock."""
    if value is None:
        return NOT_KNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(float(value)) if isinstance(value, float) else signed(f"{value:,}")
    if isinstance(value, datetime):
        clock = value.hour or value.minute or value.second
        return value.strftime("%Y-%m-%d %H:%M:%S") if clock else value.strftime("%Y-%m-%d")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def as_written(value: object) -> str:
    """Return a value of the source as it stands there, without separators, so that it can be searched for.

    Numbers with many decimals are rounded.

    Example:
        >>> as_written(1987.0), as_written(1234.56789), as_written("1,5")
        ('1987', '1234.5679', '1,5')
    """
    if isinstance(value, float):
        return number(value) if 0 < abs(value) < 1 or not math.isfinite(value) else f"{round(value, 4):.15g}"
    return cell(value) if value is None or isinstance(value, date) else str(value)


def example(text: str) -> str:
    """Return an example of a column's values; a number with many decimals is rounded.

    Example:
        >>> example("7.17223291227918"), example("1987"), example("1,234.5"), example("2024-02-29")
        ('7.172', '1987', '1,234.5', '2024-02-29')
    """
    return number(float(text)) if MANY_DECIMALS.fullmatch(text) else shortened(text, EXAMPLE_LENGTH)


def shortened(text: str, limit: int = 60) -> str:
    """Return the text, cut with an ellipsis when it is longer than the limit."""
    line = re.sub(r"[ \t\r\n]+", " ", text).strip(" ")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def metric_title(name: str) -> str:
    """Return a metric's name as people write it: "roc_auc" is "ROC AUC"."""
    return METRIC_TITLES.get(name, name.replace("_", " "))


def lower_first(text: str) -> str:
    """Return a sentence as it goes on behind a colon; a word in capitals keeps them.

    Example:
        >>> lower_first("Share of the rows"), lower_first("F1 of each class")
        ('share of the rows', 'F1 of each class')
    """
    return text[0].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def capital(text: str) -> str:
    """Return the text with a capital at its start."""
    return text[:1].upper() + text[1:]


def ended(text: str) -> str:
    """Return the text with a full stop, unless it ends a sentence already."""
    return text if text[-1:] in (".", "!", "?", "") else f"{text}."


def the(name: str) -> str:
    """Return a model's name as it stands in a sentence; proper names go without article.

    Example:
        >>> the("random forest"), the("LightGBM")
        ('the random forest', 'LightGBM')
    """
    return name if name[:1].isupper() else f"the {name}"


def and_list(names: list[str] | tuple[str, ...]) -> str:
    """Return names as a phrase: "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))


def without_secret(source: str) -> str:
    """Return a source's name with the user and password of a database URL left out: a page is handed on.

    Example:
        >>> without_secret("postgresql://ann:secret@db.local/sales")
        'postgresql://db.local/sales'
    """
    if not re.match(r"[a-z0-9+]+://", source):
        return source
    parts = urlsplit(source)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def short_source(source: str) -> str:
    """Return a source's name without its folders.

    Example:
        >>> short_source("data/2024/houses.csv"), short_source("sample:wine")
        ('houses.csv', 'sample:wine')
    """
    name = without_secret(source)
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2] or name
