"""Filling: puts what was found into the holes of a Korean text.

A hole is written as for `str.format`: {ratio:.0%}, {output[0]}. Its name is one of the evidence, or one of these:
columns, column (the first), modules, module (the first), rows, first (the evidence that stands under the first column's
name). Instead of a format it may have one of these words, some with a format of their own and a unit after a bar:

    {dead:percent}                   12.3%, 0.1% 미만
    {mixing:share}                   the same of a number that may pass 1, and then counts as 1
    {columns:named}                  'age', 'income'; of many the first three
    {dead:named percent}             '0'(95.0%), '2'(91.2%)
    {num_levels:named ,|가지}         'colour'(150가지)
    {modules:some}                   '0', '2', '4' 등; of a list that the finding cuts short
    {num_shared:each ,|개 행}         검증 데이터 4개 행; keys in the sign's own words
    {rows:listed}                    4, 9, 12 등
    {columns:size}                   2
    {dead:largest percent}           the largest value
    {rows_of_class:largest_name}     its name
    {after:least .3g}                the smallest value
    {after:least_name}               the name of the smallest, in the sign's own words
    {num_cells:total ,}              the sum of the values
    {output:shape}                   (64, 1)
    {shapes:shapes}                  (64, 1), (8,) 등
    {kind:word}                      in the sign's own words
    {segment:conditions}             'age' 값이 60 초과이고 'city' 값이 'Seoul'인
"""

import re
import string
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any

from espalier.core.finding import Finding

MAX_SHOWN = 3
CONDITION = re.compile(r"'(?P<column>.+?)' is (?:above (?P<above>[^' ]+)|at most (?P<most>[^' ]+)|'(?P<level>.*?)'|missing)")


def fill(text: str, finding: Finding, words: Mapping[str, str]) -> str | None:
    """Return a text with its holes filled; None when the finding lacks what one of them needs.

    Args:
        text: with holes.
        finding: what was found.
        words: translations of words of the evidence.
    """
    try:
        return _Filler(words).vformat(text, (), values_of(finding))
    except (LookupError, TypeError, ValueError):  # a finding of an older file may lack a value, or hold another kind
        return None


def holes(text: str) -> list[str]:
    """Return the names that the holes of a text need."""
    return [re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(text) if name]


def values_of(finding: Finding) -> dict[str, Any]:
    """Return what may stand in a hole, by name: evidence goes before the finding's own fields; what is empty is not there."""
    first = finding.evidence.get(finding.columns[0]) if finding.columns else None
    own = {
        "columns": finding.columns,
        "column": finding.columns[0] if finding.columns else None,
        "modules": finding.modules,
        "module": finding.modules[0] if finding.modules else None,
        "rows": finding.rows,
        "first": first,
    }
    return {name: value for name, value in {**own, **finding.evidence}.items() if not _is_empty(value)}


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, Sized) and not len(value))


class _Filler(string.Formatter):
    """Formats a value by one of the words above, or as `str.format` does."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self.words = words

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401  any plain value
        if value is None:
            raise LookupError("nothing is known of it")
        word, _, more = format_spec.partition(" ")
        return _WORDS[word](value, more, self.words) if word in _WORDS else str(format(value, format_spec))


def _one(value: Any, spec: str) -> str:  # noqa: ANN401  any plain value
    """Return one value by a format with a unit after a bar."""
    form, _, unit = spec.partition("|")
    if isinstance(value, list):
        return named(value) + unit
    return (percent(value) if form == "percent" else str(format(value, form))) + unit


def percent(fraction: float) -> str:
    """Return a share of 0 to 1 as a percentage that is neither 0 % nor 100 % unless it is exactly that.

    Example:
        >>> percent(0.1234), percent(0.00002), percent(0.9999), percent(1.0)
        ('12.3%', '0.1% 미만', '99.9% 초과', '100%')
    """
    if fraction in (0, 1):
        return f"{fraction:.0%}"
    return "0.1% 미만" if fraction < 0.0005 else "99.9% 초과" if fraction > 0.9995 else f"{fraction:.1%}"


def named(names: Sequence[str] | Mapping[str, Any], spec: str = "") -> str:
    """Return names in quotes, the first three of them, and how many more there are.

    Args:
        names: or a value for each, which is put in brackets.
        spec: format of the values.

    Example:
        >>> named(["a", "b", "c", "d"]), named({"age": 0.12}, "percent")
        ("'a', 'b', 'c' 외 1개", "'age'(12.0%)")
    """
    return _shown(names, spec) + (f" 외 {len(names) - MAX_SHOWN:,}개" if len(names) > MAX_SHOWN else "")


def _some(names: Sequence[str] | Mapping[str, Any], spec: str) -> str:
    return _shown(names, spec) + _and_others(names)


def _shown(names: Sequence[str] | Mapping[str, Any], spec: str) -> str:
    notes = [f"({_one(value, spec)})" for value in names.values()] if isinstance(names, Mapping) and spec else [""] * len(names)
    return ", ".join([f"'{name}'{note}" for name, note in zip(names, notes, strict=True)][:MAX_SHOWN])


def _and_others(values: Sized) -> str:
    return " 등" if len(values) > MAX_SHOWN else ""


def _listed(rows: Sequence[int]) -> str:
    return ", ".join(f"{row:,}" for row in rows[:MAX_SHOWN]) + _and_others(rows)


def _conditions(segment: str) -> str:
    """Return the conditions of a segment, as they stand before the noun.

    Example:
        >>> _conditions("'age' is above 60 and 'city' is 'Seoul'"), _conditions("'age' is missing")
        ("'age' 값이 60 초과이고 'city' 값이 'Seoul'인", "'age' 값이 없는")
    """
    told, place = [], 0
    while found := CONDITION.match(segment, place):
        limit = f"{found['above']} 초과" if found["above"] else f"{found['most']} 이하" if found["most"] else ""
        is_missing = not limit and found["level"] is None
        is_last = found.end() >= len(segment)
        value = "없" if is_missing else limit or f"'{found['level']}'"
        ending = ("는" if is_last else "고") if is_missing else ("인" if is_last else "이고")
        told.append(f"'{found['column']}' 값이 {value}{ending}")
        place = found.end() + len(" and ")
    if place < len(segment):
        raise ValueError(f"{segment!r} is not made of known conditions")
    return " ".join(told)


_WORDS: Mapping[str, Callable[[Any, str, Mapping[str, str]], str]] = {
    "percent": lambda value, _, __: percent(value),
    "share": lambda value, _, __: percent(min(value, 1.0)),
    "named": lambda value, spec, _: named(value, spec),
    "some": lambda value, spec, _: _some(value, spec),
    "each": lambda value, spec, words: ", ".join(f"{words[name]} {_one(one, spec)}" for name, one in value.items()),
    "listed": lambda value, _, __: _listed(value),
    "size": lambda value, _, __: f"{len(value):,}",
    "largest": lambda value, spec, _: _one(max(value.values()), spec),
    "largest_name": lambda value, _, __: max(value, key=value.get),
    "least": lambda value, spec, _: _one(min(value.values()), spec),
    "least_name": lambda value, _, words: words[min(value, key=value.get)],
    "total": lambda value, spec, _: _one(sum(value.values()), spec),
    "shape": lambda value, _, __: str(tuple(value)),
    "shapes": lambda value, _, __: ", ".join(str(tuple(one)) for one in value[:MAX_SHOWN]) + _and_others(value),
    "word": lambda value, _, words: words[value],
    "conditions": lambda value, _, __: _conditions(value),
}
