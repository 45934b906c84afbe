"""Files in the .ts form of sktime and the UEA archive: header lines that begin with @, then one window a line.

A colon stands between channels and before the label, a comma between steps, and ? for a missing value.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from espalier.core.errors import EmptySourceError, FormatError
from espalier.data.part_column import part_in
from espalier.data.series.column import Windows
from espalier.data.sources.window_arrays import WindowArrays

SUFFIXES = (".ts",)
TRUE = "true"
LABELLED = ("classlabel", "targetlabel")
SHOWN_CHARACTERS = 30


@dataclass(frozen=True)
class _Header:
    """What the lines before the data say.

    Args:
        channels: how many; None where it is not said.
        has_label: whether a label ends each line.
        is_class: whether labels are classes.
        classes: their names; empty where they are not said.
        first: number of the first line of data.
    """

    channels: int | None
    has_label: bool
    is_class: bool
    classes: tuple[str, ...]
    first: int


def read_ts(path: Path) -> WindowArrays:
    """Return the windows of a .ts file with their labels.

    Raises:
        FormatError: no line @data, time stamps within the data, or a line that does not fit the others; it is named.
        EmptySourceError: no line of data.
    """
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    header = _header(lines, path)
    pieces, labels, uneven = [], [], 0
    channels = header.channels
    for number, line in enumerate(lines[header.first :], header.first + 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.strip().split(":")
        label = fields.pop().strip() if header.has_label else ""
        channels = channels or len(fields)
        _check(path, number, fields, label, channels, header)
        rows = [_values(path, number, place, field) for place, field in enumerate(fields, 1)]
        longest = max(map(len, rows))
        uneven += min(map(len, rows)) < longest
        pieces.append(np.stack([np.pad(row, (0, longest - len(row)), constant_values=np.nan) for row in rows], axis=1))
        labels.append(label)
    if not pieces:
        raise EmptySourceError(f"{path.name} holds no window behind its line @data. Expected one a line.")
    windows = Windows(np.concatenate(pieces), np.array([len(one) for one in pieces]))
    part = part_in(path.stem)
    notes = (
        ".ts",
        *((f"in {uneven:,} windows some channels end before others; they are missing from there on",) if uneven else ()),
    )
    return WindowArrays(windows, _columns(labels, header), (part,) * len(pieces) if part else (), notes)


def _columns(labels: list[str], header: _Header) -> dict[str, np.ndarray]:
    if not header.has_label:
        return {}
    if header.is_class:
        return {"label": np.array(labels)}
    return {"label": np.array([np.nan if label == "?" else float(label) for label in labels])}


def _header(lines: list[str], path: Path) -> _Header:
    """Return what the lines up to @data say."""
    known: dict[str, list[str]] = {}
    for number, line in enumerate(lines):
        words = line.split()
        if not words or not words[0].startswith("@"):
            continue
        name = words[0][1:].lower()
        if name == "data":
            return _made(known, number + 1, path)
        known[name] = words[1:]
    raise FormatError(
        f"{path.name} holds no line '@data'. Expected the .ts form: lines such as '@dimensions 3' and '@classLabel true a b', "
        "then '@data' and one window a line."
    )


def _made(known: dict[str, list[str]], first: int, path: Path) -> _Header:
    if known.get("timestamps", [""])[0].lower() == TRUE:
        raise FormatError(
            f"{path.name} holds time stamps within its data (@timeStamps true). Expected values alone. Leave them out."
        )
    labelled = [name for name in LABELLED if known.get(name, [""])[0].lower() == TRUE]
    dimensions = known.get("dimensions", known.get("dimension", []))
    is_single = known.get("univariate", [""])[0].lower() == TRUE
    channels = int(dimensions[0]) if dimensions and dimensions[0].isdigit() else 1 if is_single else None
    classes = tuple(known["classlabel"][1:]) if "classlabel" in labelled else ()
    return _Header(channels, bool(labelled), "targetlabel" not in labelled, classes, first)


def _check(path: Path, number: int, fields: list[str], label: str, channels: int, header: _Header) -> None:
    """Raise when a line has another number of channels, or a label that nobody knows."""
    if len(fields) != channels:
        said = f"@dimensions says {channels}" if header.channels else f"the first line has {channels}"
        has = f"{len(fields)} {'channel' if len(fields) == 1 else 'channels'}"
        raise FormatError(
            f"{path.name}, line {number:,}, has {has}; {said}. Expected "
            f"values with commas between steps and colons between channels{', then the label' if header.has_label else ''}."
        )
    if header.classes and label not in header.classes and label != "?":
        shown = ", ".join(header.classes[:5])
        raise FormatError(
            f"{path.name}, line {number:,}, has the label '{label[:SHOWN_CHARACTERS]}'; @classLabel names {shown}. "
            "Correct one of both."
        )


def _values(path: Path, number: int, place: int, field: str) -> np.ndarray:
    """Return the values of one channel, (T,) float32."""
    cells = [cell.strip() for cell in field.split(",")]
    try:
        return np.array([np.nan if cell in ("?", "") else float(cell) for cell in cells], dtype=np.float32)
    except ValueError as error:
        wrong = next(cell for cell in cells if not _is_number(cell))
        raise FormatError(
            f"{path.name}, line {number:,}, channel {place}, holds {wrong[:SHOWN_CHARACTERS]!r}. Expected numbers, or ? for a "
            "missing value."
        ) from error


def _is_number(cell: str) -> bool:
    try:
        float(cell if cell not in ("?", "") else "0")
    except ValueError:
        return False
    return True
