"""Parts of the catalogue: their options, with the sentence that stands beside each in the code."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from rich.console import Console
from rich.text import Text

from espalier.app.cli.given.options import written
from espalier.app.cli.show.console import heading, indented, plain_table

ARGUMENT = re.compile(r"(?P<names>\w+(?:, \w+)*): (?P<text>.*)")


@dataclass(frozen=True)
class Option:
    """One field of a config or of a task.

    Args:
        name: as it is written after `--set model.options.` or `--set task.options.`.
        default: its value when nothing is said; None together with `given`.
        given: the data and the task decide it; a person cannot.
        sentence: what it is.
    """

    name: str
    default: Any
    given: bool
    sentence: str


def options_of(declared: type, sizes: Mapping[str, Any] | None = None, *, given: tuple[str, ...] = ()) -> tuple[Option, ...]:
    """Return the options that a dataclass declares.

    Args:
        declared: the dataclass.
        sizes: values that take the place of the defaults.
        given: names that have a default and are decided by the data all the same.
    """
    sentences = {**_comments(declared), **_arguments(inspect.getdoc(declared) or "")}
    found = []
    for field in fields(declared):
        default = field.default if field.default_factory is MISSING else field.default_factory()
        decided = default is MISSING or field.name in given
        value = None if decided else (sizes or {}).get(field.name, default)
        found.append(Option(field.name, value, decided, sentences.get(field.name, "")))
    return tuple(found)


def first_sentence(documented: object) -> str:
    """Return the first sentence of a docstring."""
    line = (inspect.getdoc(documented) or "").split("\n")[0]
    return line.split(". ")[0].rstrip(".") + "." if line else ""


def paragraphs(documented: object) -> list[str]:
    """Return the paragraphs of a docstring, each on one line."""
    return [" ".join(block.split()) for block in (inspect.getdoc(documented) or "").split("\n\n")]


def print_options(console: Console, options: tuple[Option, ...], path: str) -> None:
    """Print options as a table.

    Args:
        console: where to.
        options: what to print.
        path: where they stand in a plan, for example "model.options".
    """
    chosen = [option for option in options if not option.given]
    decided = [option.name for option in options if option.given]
    if chosen:
        heading(console, f"Options (--set {path}.NAME=VALUE)")
        table = plain_table("name", "default", "what it is")
        for option in chosen:
            table.add_row(option.name, written(option.default), option.sentence)
        indented(console, table)
    if decided:
        console.print()
        indented(console, Text(f"Decided by the data: {', '.join(decided)}", style="dim"))


def _comments(declared: type) -> dict[str, str]:
    """Return the comment behind each field."""
    lines = inspect.getsource(declared).splitlines()
    pattern = re.compile(r"\s+(?P<name>\w+)\s*:[^#]*#\s*(?P<text>.+)")
    return {found["name"]: found["text"].strip() for found in map(pattern.fullmatch, lines) if found}


def _arguments(text: str) -> dict[str, str]:
    """Return the entries of a docstring's Args."""
    _, _, section = text.partition("Args:\n")
    sentences: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        found = ARGUMENT.fullmatch(line.strip())
        if line and not line.startswith(" "):
            break
        if found and line.startswith("    ") and not line.startswith("     "):
            names = found["names"].split(", ")
            sentences |= dict.fromkeys(names, found["text"])
        elif line.strip():
            sentences |= {name: f"{sentences[name]} {line.strip()}" for name in names}
        else:
            break
    return sentences
