"""Deal: units (rows that must stay together) are dealt out to parts of wanted sizes."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from espalier.core.errors import SplitError
from espalier.core.records import IntArray

BIG_FRACTION = 0.01  # a unit with more of the rows than this is placed first, where there is most room

CountArray: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.int64]]


def units_of(keys: np.ndarray) -> tuple[IntArray, IntArray]:
    """Return (N,) the unit of each row, numbered by first appearance, and (U,) the rows of each unit.

    Args:
        keys: (N,) rows with equal keys form one unit. Only equality counts, so the numbers do not depend on the hash.

    Example:
        >>> labels, sizes = units_of(np.array([7, 3, 7, 9]))
        >>> labels.tolist(), sizes.tolist()
        ([0, 1, 0, 2], [2, 1, 1])
    """
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    labels = place[inverse]
    return labels, np.bincount(labels, minlength=len(first)).astype(np.int64)


def wanted_rows(num_rows: int, fractions: Sequence[float]) -> IntArray:
    """Return how many rows each part should have: at least one each, and `num_rows` in all.

    Example:
        >>> wanted_rows(891, (0.8, 0.1, 0.1)).tolist()
        [713, 89, 89]
    """
    exact = num_rows * np.asarray(fractions, dtype=np.float64)
    counts = np.maximum(np.floor(exact + 1e-9).astype(np.int64), 1)
    for part in np.argsort(counts - exact, kind="stable")[: max(num_rows - counts.sum(), 0)]:
        counts[part] += 1
    while counts.sum() > num_rows and counts.max() > 1:
        counts[counts.argmax()] -= 1
    return counts


def deal(sizes: IntArray, wanted: IntArray, stream: np.random.Generator) -> IntArray:
    """Return (U,) the part of each unit, drawn at random so that the parts come as near to the wanted sizes as units allow.

    Big units are placed first, each where most room is left; the others are shuffled and cut into consecutive parts.

    Args:
        sizes: (U,) rows of each unit.
        wanted: (P,) rows that each part should get.
        stream: the source of chance.
    """
    parts = np.zeros(len(sizes), dtype=np.int64)
    order = stream.permutation(len(sizes))
    big = sizes[order] > max(1.0, BIG_FRACTION * sizes.sum())
    room = wanted.astype(np.float64)
    for unit in sorted(order[big].tolist(), key=lambda unit: -int(sizes[unit])):
        parts[unit] = room.argmax()
        room[parts[unit]] -= sizes[unit]
    rest = order[~big]
    room = np.maximum(room, 0.0)
    if len(rest) and room.sum() > 0:
        edges = np.cumsum(room)[:-1] / room.sum()
        ends = np.cumsum(sizes[rest])
        parts[rest] = np.searchsorted(edges, (ends - sizes[rest] / 2) / ends[-1], side="right")
    return parts


def deal_classes(
    sizes: IntArray, classes: IntArray, fractions: Sequence[float], stream: np.random.Generator, cover: bool = True
) -> IntArray:
    """Return (U,) the part of each unit, each class dealt in proportion (see `class_shares` for how that is rounded).

    Args:
        sizes: (U,) rows of each unit.
        classes: (U,) class of each unit, 0 to K - 1.
        fractions: share of each part.
        stream: the source of chance.
        cover: see to it that a rare class is not missing from a part, above all from the first (see `cover_classes`).
    """
    counts = np.bincount(classes, weights=sizes).astype(np.int64)
    shares = class_shares(counts, fractions, stream)
    if cover:
        cover_classes(shares)
    parts = np.zeros(len(sizes), dtype=np.int64)
    order = np.argsort(classes, kind="stable")
    for one, members in enumerate(np.split(order, np.cumsum(np.bincount(classes))[:-1])):
        if len(members):
            parts[members] = deal(sizes[members], shares[one], stream)
    return parts


def class_shares(counts: IntArray, fractions: Sequence[float], stream: np.random.Generator) -> CountArray:
    """Return (K, P) how many rows of each class go to each part.

    Every class is rounded so that what one class gives too much the next gives too little; so the parts keep their sizes
    however many rare classes there are.

    Args:
        counts: (K,) rows of each class.
        fractions: (P,) share of each part.
        stream: the order in which classes are rounded.
    """
    share = np.asarray(fractions, dtype=np.float64)
    table = np.floor(np.outer(counts, share) + 1e-9).astype(np.int64)
    owed = np.zeros(len(share))
    for one in stream.permutation(len(counts)):
        owed += counts[one] * share - table[one]
        for _ in range(counts[one] - table[one].sum()):
            part = owed.argmax()
            table[one, part] += 1
            owed[part] -= 1
    return table


def cover_classes(table: CountArray) -> None:
    """Let classes swap rows in place, so that a rare class is not missing from a part by chance.

    The first part, which is trained on, gets a row of every class; each other part one of every class that has as many rows
    as there are parts, where another class has rows to give in exchange. The sizes of the parts stay as they are.

    Args:
        table: (K, P) rows of each class in each part.
    """
    counts = table.sum(axis=1)
    for part in range(table.shape[1]):
        enough = counts >= (1 if part == 0 else table.shape[1])
        for one in np.flatnonzero(enough & (table[:, part] == 0)):
            _swap(table, int(one), part)


def _swap(table: CountArray, one: int, part: int) -> None:
    """Give class `one` a row of `part` for one of its other rows; the class with most rows there takes it in exchange."""
    other = int(table[one].argmax())
    partner = int(table[:, part].argmax())
    if table[partner, part] < 2 or (other == 0 and table[one, 0] < 2):
        return
    table[one, part] += 1
    table[one, other] -= 1
    table[partner, part] -= 1
    table[partner, other] += 1


def without_empty(parts: IntArray, sizes: IntArray, num_parts: int, what: str) -> IntArray:
    """Return the parts with none of them empty: an empty part gets the smallest unit of the part with most units.

    Args:
        parts: (U,) part of each unit.
        sizes: (U,) rows of each unit.
        num_parts: P.
        what: what a unit is, for the message, for example "different rows".

    Raises:
        SplitError: fewer units than parts.
    """
    if len(sizes) < num_parts:
        raise SplitError(
            f"The data has {len(sizes)} {what}; to deal it to {num_parts} parts at least {num_parts} are needed, because "
            "what belongs together must not stand on two sides. Give more data, or split it another way."
        )
    parts = parts.copy()
    for part in range(num_parts):
        if not (parts == part).any():
            donor = np.bincount(parts, minlength=num_parts).argmax()
            members = np.flatnonzero(parts == donor)
            parts[members[sizes[members].argmin()]] = part
    return parts
