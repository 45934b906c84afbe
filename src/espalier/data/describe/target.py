"""The target's kind: classes or a quantity, and the order of its classes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from espalier.core.batch import FloatArray
from espalier.core.schema import Kind
from espalier.data.describe.kinds import Draft
from espalier.data.describe.names import KOREAN_QUANTITIES, QUANTITIES, names_class, words_of
from espalier.data.describe.scales import find_order
from espalier.data.describe.words import word_set

MAX_CODED_CLASSES = 10  # 0 to 9 or 1 to 10 without a gap are read as classes
MAX_NAMED_CLASSES = 20  # whole numbers of a target whose name says "class"
POSITIVE = word_set(
    "yes y true t positive pos + sick ill abnormal spam malignant fraud bad default churn churned died dead failure failed "
    "예 네 참 양성 유 있음 비정상 불량 이탈 사망"
)
NEGATIVE = word_set(
    "no n false f 0 -1 negative neg - healthy normal ham benign genuine good stayed survived alive success passed ok "
    "아니오 아니요 거짓 음성 무 없음 정상 양품 유지 생존"
)


def decide_target(name: str, draft: Draft) -> Draft:
    """Return what the target is: a category when its values are classes, a number when they are a quantity.

    Args:
        name: the column.
        draft: what it would be as an input.
    """
    if draft.kind in (Kind.TEXT, Kind.ORDERED, Kind.CATEGORY) and draft.numbers is None:
        return replace(draft, kind=Kind.CATEGORY, why="") if draft.kind is Kind.TEXT else draft
    if draft.numbers is None or draft.kind is Kind.DATE:
        return draft
    kind, why = _class_or_quantity(name, draft.numbers)
    if kind is Kind.CATEGORY:
        return replace(draft, kind=kind, why=why, format=None)
    return replace(draft, kind=kind, why=why)


def _class_or_quantity(name: str, values: FloatArray) -> tuple[Kind, str]:
    """Decide whether a target's numbers are classes or a quantity, and say on what evidence."""
    if not values.size or not bool((np.floor(values) == values).all()):
        return Kind.NUMBER, "decimals are a quantity"
    different = np.unique(values)
    num, low, high = different.size, int(different[0]), int(different[-1])
    if num <= 2:
        return Kind.CATEGORY, "two different numbers are two classes"
    no_gap = low in (0, 1) and high - low + 1 == num
    amount, label = _amount_word(name), names_class(name)
    if label and not amount and (num <= MAX_NAMED_CLASSES or no_gap):
        return Kind.CATEGORY, f"{num} whole numbers, and the name says classes ('{label}')"
    if num > MAX_NAMED_CLASSES:
        return Kind.NUMBER, f"{num:,} different whole numbers are a quantity"
    other = "for classes, set its kind to category"
    if amount:
        return Kind.NUMBER, f"{num} different ones, as steps of a quantity, since the name says so ('{amount}'); {other}"
    if no_gap and num <= MAX_CODED_CLASSES:
        return Kind.CATEGORY, f"{low} to {high} without a gap are read as classes; for a quantity, set its kind to number"
    return Kind.NUMBER, f"{num} different ones are a quantity, as classes would be numbered from 0 or 1 without a gap; {other}"


def _amount_word(name: str) -> str:
    found = [word for word in words_of(name) if word in QUANTITIES]
    return found[-1] if found else next((word for word in KOREAN_QUANTITIES if word in name), "")


def class_order(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return classes in a fixed order: of two the positive or rarer one last; of more by number, known scale or name.

    Args:
        counts: rows of each class.

    Example:
        >>> class_order({"yes": 90, "no": 10}), class_order({"cat": 10, "dog": 90}), class_order({"10": 1, "9": 1, "2": 5})
        (('no', 'yes'), ('dog', 'cat'), ('2', '9', '10'))
    """
    names = sorted(counts, key=_natural)
    if len(names) == 2:
        return _two(names, counts)
    found = find_order(names)
    return found[0] if found is not None and len(found[0]) == len(names) else tuple(names)


def _two(names: Sequence[str], counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return two classes, the positive one last."""
    lowered = [name.strip().lower() for name in names]
    votes = [(word in POSITIVE) - (word in NEGATIVE) for word in lowered]
    first, second = names
    if votes[0] != votes[1]:
        return (first, second) if votes[1] > votes[0] else (second, first)
    if lowered[1] in (f"not {lowered[0]}", f"non-{lowered[0]}", f"no {lowered[0]}"):
        return second, first
    return (second, first) if counts[first] < counts[second] else (first, second)


def _natural(name: str) -> tuple[tuple[int, float, str], ...]:
    """Return a key that sorts "2" before "10" and "class 2" before "class 10"."""
    parts = re.findall(r"^-?\d+(?:\.\d+)?|\d+(?:\.\d+)?|\D+", name)
    return tuple((0, float(part), "") if part[-1:].isdigit() else (1, 0.0, part) for part in parts)
