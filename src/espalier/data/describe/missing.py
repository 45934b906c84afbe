"""Missing values under other names: words such as "N/A", and numbers such as -999 that stand apart from all others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from espalier.core.batch import FloatArray
from espalier.data.describe.words import word_set

SURE = word_set(
    "? ?? n/a na n.a. n.a #n/a #na <na> nan -nan null <null> (null) nil - -- --- – — . .. ... missing nat \\n "
    "#value! #div/0! #ref! #name? #num! #null! 1.#qnan 1.#ind -1.#ind 결측 결측치"
)
DOUBTFUL = frozenset(
    ["none", "unknown", "unk", "not available", "not applicable", "not known", "undefined", "unspecified", "not specified"]
    + ["no data", "no answer", "없음", "미상", "모름", "알수없음", "알 수 없음", "해당없음", "해당 없음", "무응답", "정보없음"]
)
MAX_SPIKES = 3  # different numbers of one column that stand for "not known"
MIN_SPIKE_COUNT = 2
FAR_RANGES = 2.0  # a spike lies this many times the range of all other values away from them
MIN_LONE_FRACTION = 0.005  # share of cells of a negative number among numbers that are otherwise not negative
LARGEST_LONE = -99.0
NINES = frozenset(sign * (10.0**digits - 1) for digits in range(2, 10) for sign in (1, -1)) | {999.9, -999.9, 9999.9, -9999.9}


@dataclass(frozen=True)
class Spellings:
    """What was found among the levels of a column, each with the number of its cells.

    Args:
        missing: levels that mean "not known".
        kept: levels that could mean it, and are kept as levels.
    """

    missing: tuple[tuple[str, int], ...]
    kept: tuple[tuple[str, int], ...]


def means_missing(cell: str) -> bool:
    """Tell whether a cell of a number or date column is a way of writing "not known".

    Example:
        >>> [means_missing(cell) for cell in ("?", "N/A", "None", "12")]
        [True, True, True, False]
    """
    return cell.strip().lower() in SURE or cell.strip().lower() in DOUBTFUL


def find_spellings(suspects: Sequence[tuple[str, int]], levels: Sequence[str]) -> Spellings:
    """Return which levels of a category mean "not known".

    "None" and "unknown" are kept: they may be answers of their own. "NA" is kept among two-letter codes (Namibia, North
    America), and "-" is kept beside "+".

    Args:
        suspects: levels that are among SURE or DOUBTFUL, each with the number of its cells.
        levels: all levels, or the most frequent ones.

    Example:
        >>> find_spellings([("NA", 3), ("None", 5)], ["NA", "None", "Brick"])
        Spellings(missing=(('NA', 3),), kept=(('None', 5),))
    """
    kept = [(level, times) for level, times in suspects if level.lower() in DOUBTFUL or _is_answer(level, levels)]
    return Spellings(tuple(one for one in suspects if one not in kept), tuple(kept))


def _is_answer(level: str, levels: Sequence[str]) -> bool:
    """Tell whether "-" or "NA" is a level like its neighbours."""
    others = [other for other in levels if other != level]
    if level == "-":
        return "+" in others
    return (
        level == "NA" and len(others) >= 3 and all(len(other) == 2 and other.isupper() and other.isalpha() for other in others)
    )


@dataclass(frozen=True)
class Spike:
    """A number that occurs often and far from all others.

    Args:
        value: the number.
        count: how many cells hold it.
        low, high: range of all other cells.
    """

    value: float
    count: int
    low: float
    high: float


def find_spikes(values: FloatArray) -> tuple[Spike, ...]:
    """Return the numbers that stand for "not known", such as -999 or 9999.

    A number of nines counts when it occurs twice or more and lies at least twice the range of all other values away from
    them; any negative number of -99 or below, when it is the only negative one and 0.5 % of the cells or more.

    Args:
        values: (N,) float64, finite.

    Example:
        >>> import numpy as np
        >>> find_spikes(np.array([3.0, 5.0, 999.0, 4.0, 999.0]))
        (Spike(value=999.0, count=2, low=3.0, high=5.0),)
    """
    found: list[Spike] = []
    while values.size and len(found) < MAX_SPIKES:
        low, high = float(values.min()), float(values.max())
        candidates = [value for value in (low, high) if value in NINES or value <= LARGEST_LONE]
        spike = next((one for one in (_spike(values, value) for value in candidates) if one is not None), None)
        if spike is None:
            break
        found.append(spike)
        values = values[values != spike.value]
    return tuple(found)


def _spike(values: FloatArray, value: float) -> Spike | None:
    others = values[values != value]
    count = values.size - others.size
    if count < MIN_SPIKE_COUNT or not others.size:
        return None
    low, high = float(others.min()), float(others.max())
    if low == high:
        return None
    gap = low - value if value < low else value - high
    is_far = value in NINES and gap >= FAR_RANGES * (high - low)
    is_lone = value <= LARGEST_LONE and low >= 0 and count >= max(MIN_SPIKE_COUNT, math.ceil(MIN_LONE_FRACTION * values.size))
    return Spike(value, count, low, high) if is_far or is_lone else None
