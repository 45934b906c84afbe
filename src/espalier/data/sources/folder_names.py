"""What the folders and names of files tell: their class, their part, and the group that they belong to."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from espalier.data.part_column import part_of

HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini")
SHOWN = 3
GROUPED = re.compile(r"([^\W\d_]+[_-]?\d+)[_\-. ]+\w")  # speaker03_x: a word and a number, and more behind them
MIN_NAMED = 0.9  # share of the names that tell a group
MIN_GROUPS = 5
MIN_GROUP_SIZE = 2.0  # files of one, on average


@dataclass(frozen=True)
class Told:
    """What names tell of each file.

    Args:
        labels: (N,) the folder that is its class, None for a file outside of all; None where there are no two classes.
        parts: (N,) the folder that names its part; None where folders name none.
        groups: (N,) the word and number that its name begins with; None where names tell no groups.
    """

    labels: list[str | None] | None
    parts: list[str] | None
    groups: list[str | None] | None


def told_by_folders(names: Sequence[str]) -> Told:
    """Return what the names of files tell.

    Args:
        names: paths with forward strokes, relative to the source.
    """
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    shared = _shared(folders)
    below = [parts[shared:] for parts in folders]
    parts_told = None
    if all(parts and part_of(parts[0]) is not None for parts in below) and len({parts[0] for parts in below}) > 1:
        parts_told = [parts[0] for parts in below]
        below = [parts[1:] for parts in below]
    labels = [parts[0] if parts else None for parts in below]
    has_labels = len({label for label in labels if label is not None}) > 1
    return Told(labels if has_labels else None, parts_told, _groups(names, labels))


def _groups(names: Sequence[str], labels: Sequence[str | None]) -> list[str | None] | None:
    """Return the group that each name tells; None where names tell none, or nothing but the class.

    Example:
        >>> names = [f"speaker{n}_{take}.png" for n in range(5) for take in "ab"]
        >>> _groups(names, [None] * 10)[:3], _groups(["a.png", "b.png"], ["a", "b"])
        (['speaker0', 'speaker0', 'speaker1'], None)
    """
    found = [match[1] if (match := GROUPED.match(PurePosixPath(name).stem)) else None for name in names]
    known = [(group, label) for group, label in zip(found, labels, strict=True) if group is not None]
    groups = {group for group, _ in known}
    if len(known) < MIN_NAMED * len(names) or len(groups) < MIN_GROUPS or len(known) < MIN_GROUP_SIZE * len(groups):
        return None
    return None if len(set(known)) == len(groups) == len({label for _, label in known}) else found


def in_order(names: Iterable[str]) -> list[str]:
    """Return names in the order a person expects: img2 before img10."""

    def key(name: str) -> list[tuple[bool, int, str]]:
        return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name)]

    return sorted(names, key=key)


def is_hidden(path: Path | PurePosixPath) -> bool:
    """Return whether a file or a folder above it is of the system, not of the person."""
    return any(part.startswith(".") or part in HIDDEN for part in path.parts)


def _shared(folders: Sequence[tuple[str, ...]]) -> int:
    """Return how many leading folders all files share."""
    first = folders[0]
    shared = next((n for n, pair in enumerate(zip(*folders, strict=False)) if len(set(pair)) > 1), min(map(len, folders)))
    return min(shared, len(first))


def left_out(names: Sequence[str], one: str, several: str) -> tuple[str, ...]:
    """Return a note on files that were left out; nothing where there are none.

    Args:
        names: of the files.
        one: what is said of one file.
        several: what is said of more.
    """
    if not names:
        return ()
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
    return (f"{len(names):,} {one if len(names) == 1 else several}: {shown}",)
