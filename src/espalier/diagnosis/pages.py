"""Pages: what each sign is, how it is measured and on what ground, taken from the file that measures it."""

import inspect
import re
from dataclasses import dataclass
from types import ModuleType

from espalier.core.errors import unknown_name
from espalier.diagnosis.examine import FOLDERS, checks

PLACES = {
    "data": "in the data and its split, before any training",
    "wiring": "in how model, loss, optimizer and batch are put together, before the first step",
    "course": "in the course of a training, step by step",
}
THRESHOLD = re.compile(r"^([A-Z][A-Z_]+)(?:: [^=]+)? = (.+?)(?:  # (.*))?$", re.MULTILINE)
NO_THRESHOLDS = ("ID", "EXPLAINED_BY")


@dataclass(frozen=True)
class Threshold:
    """A number that decides whether a sign is told.

    Args:
        name: in words.
        value: as it is written in the file.
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
    """

    id: str
    place: str
    text: str
    rule: str
    thresholds: tuple[Threshold, ...]
    explained_by: tuple[str, ...]


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


def _page(folder: str, module: ModuleType) -> Page:
    thresholds = tuple(
        Threshold(name.replace("_", " ").lower(), value, meaning or "")
        for name, value, meaning in THRESHOLD.findall(inspect.getsource(module))
        if name not in NO_THRESHOLDS
    )
    rule = inspect.cleandoc(module.check.__doc__ or "").replace("\n", " ")
    return Page(module.ID, PLACES[folder], inspect.cleandoc(module.__doc__ or ""), rule, thresholds, tuple(module.EXPLAINED_BY))
