"""Where output goes: results on standard output, human text on standard error as soon as `--json` is asked for."""

import json
import math
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDE = 120  # columns from which a table has room for sentences


class OpenConsole(Console):
    """A console that leaves a closed pipe to the launcher, instead of ending the process on its own."""

    def on_broken_pipe(self) -> None:
        """Pass the error on."""
        raise


def human(*, as_json: bool = False) -> Console:
    """Return the console for people.

    What is printed is never read as markup: a column may be named "[bold]" or ":smile:".

    Args:
        as_json: standard output belongs to the JSON result, so people are told on standard error.
    """
    return OpenConsole(stderr=as_json, markup=False, emoji=False, highlight=False)


def heading(console: Console, text: str) -> None:
    """Print the title of a section, after an empty line."""
    console.print()
    console.print(Text(text, style="bold"))


def indented(console: Console, content: RenderableType, columns: int = 2) -> None:
    """Print something with a left margin, wrapped to what is left of the width."""
    console.print(Padding(content, (0, 0, 0, columns), expand=False))


def plain_table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Return an empty table with a line under its head and no frame.

    Args:
        columns: their names.
        right: those of them that hold numbers.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def print_error(message: str) -> None:
    """Tell on standard error what went wrong."""
    console = OpenConsole(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), message))


def print_json(value: object) -> None:
    """Print one JSON value on standard output."""
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=ascii_only, allow_nan=False) + "\n")
    sys.stdout.flush()


def plain(value: Any) -> Any:  # noqa: ANN401  any value that a result may hold
    """Return the same value in words of JSON: a number that is none becomes null, a tuple a list, a path text.

    Example:
        >>> plain({"score": float("nan"), "rows": (1, 2)})
        {'score': None, 'rows': [1, 2]}
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if hasattr(value, "item") and hasattr(value, "dtype"):  # a NumPy scalar
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.as_posix() if isinstance(value, Path) else str(value)
