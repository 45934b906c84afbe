"""Pages: what each sign is, how it is measured and on what ground, taken from the file that measures it.

An example is what no such file holds: `examples.json` has one finding of each, as its sick example in the tests gives it;
`make docs` writes it anew.
"""

import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from types import ModuleType
from typing import Any

from espalier.core.errors import unknown_name
from espalier.core.finding import Finding, from_mapping
from espalier.diagnosis.examine import FOLDERS, checks

EXAMPLES = "examples.json"
PLACES = {
    "data": "in the data and its split, before any training",
    "wiring": "in how model, loss, optimizer and batch are put together, before the first step",
    "course": "in the course of a training, step by step",
    "generalisation": "in what a finished run scores on rows that it did not learn from",
}
THRESHOLD = re.compile(r"^([A-Z][A-Z_]+)(?:: [^=]+)? = (?:.+?)(?:  # (.*))?$", re.MULTILINE)


@dataclass(frozen=True)
class Threshold:
    """A number that decides whether a sign is told.

    Args:
        name: in words.
        value: the number.
        meaning: its unit or ground; empty when the page's text tells.
    """

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Page:
    """All there is to say of one sign.

    Args:
        id: of its findings.
        place: where it is looked for.
        text: what it is and where its thresholds come from, in paragraphs.
        rule: when it is told, one sentence.
        thresholds: the numbers in it.
        explained_by: ids of signs that, when found too, are its cause.
        fixes: what to do by hand; of several, what was found tells which.
        example: a finding as it was once told; None for a sign without one.
    """

    id: str
    place: str
    text: str
    rule: str
    thresholds: tuple[Threshold, ...]
    explained_by: tuple[str, ...]
    fixes: tuple[str, ...]
    example: Finding | None

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text, each paragraph on one line; the first says what the sign is."""
        return tuple(" ".join(paragraph.split()) for paragraph in self.text.split("\n\n"))


def pages() -> dict[str, Page]:
    """Return the page of every sign by its id."""
    made = [_page(folder, module) for folder in FOLDERS.values() for module in checks(folder)]
    return {page.id: page for page in sorted(made, key=lambda page: page.id)}


def find_page(name: str) -> Page:
    """Return the page of a sign.

    Args:
        name: its id, or the letter and number that it begins with, for example "T07".

    Raises:
        UnknownNameError: there is no such sign.
    """
    known = pages()
    found = next((page for id_, page in known.items() if name.lower() in (id_.lower(), id_[:3].lower())), None)
    if found is None:
        raise unknown_name("sign", name, known)
    return found


@cache
def _page(folder: str, module: ModuleType) -> Page:
    example = _examples().get(module.ID)
    said = dict.fromkeys([*([example.advice] if example and example.advice else []), *_advices(module)])
    return Page(
        id=module.ID,
        place=PLACES[folder],
        text=inspect.cleandoc(module.__doc__ or ""),
        rule=_rule(module),
        thresholds=tuple(_thresholds(module)),
        explained_by=tuple(module.EXPLAINED_BY),
        fixes=tuple(said),
        example=example,
    )


@cache
def _examples() -> Mapping[str, Finding]:
    place = files("espalier.diagnosis").joinpath(EXAMPLES)
    held: dict[str, Any] = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}
    return {id_: from_mapping(value) for id_, value in held.items()}


def _rule(module: ModuleType) -> str:
    """Return when a sign is told: what its check says of itself."""
    said = " ".join(inspect.cleandoc(module.check.__doc__ or "").split())
    return said.replace("Fire when", "It is told when", 1).replace("Needs: ", "It needs: ", 1)


def _thresholds(module: ModuleType) -> Iterator[Threshold]:
    """Yield the numbers in capitals that a file holds or imports, with what stands beside them where they are set."""
    homes = [one.module for one in ast.walk(_tree(module)) if isinstance(one, ast.ImportFrom) and one.module]
    known = {name: value for name, value in vars(module).items() if re.fullmatch(r"[A-Z][A-Z_]+", name)}
    for home in (module, *(import_module(one) for one in homes if one.startswith("espalier."))):
        for name, meaning in THRESHOLD.findall(inspect.getsource(home)):
            value = known.pop(name, None)
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield Threshold(name.replace("_", " ").lower(), _number(value), meaning or "")


def _number(value: float) -> str:
    """Return a threshold as it is best read.

    Example:
        >>> _number(20_000), _number(0.97), _number(5e-5)
        ('20,000', '0.97', '0.00005')
    """
    return (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:,.9f}".rstrip("0").rstrip(".")
        if abs(value) > 1e-7
        else f"{value:g}"
    )


def _advices(module: ModuleType) -> Iterator[str]:
    """Yield the advice that stands whole in a file: given to a finding, put into `advice`, or returned by `_advice`."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.keyword | ast.Assign) and "advice" in _names(node):
            yield from _whole(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name == "_advice":
            for one in ast.walk(node):
                if isinstance(one, ast.Return) and one.value is not None:
                    yield from _whole(one.value)


def _names(node: ast.keyword | ast.Assign) -> list[str | None]:
    """Return the names that get a value."""
    return [node.arg] if isinstance(node, ast.keyword) else [getattr(one, "id", None) for one in node.targets]


def _whole(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from _whole(value.body)
        yield from _whole(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        yield value.value


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))
