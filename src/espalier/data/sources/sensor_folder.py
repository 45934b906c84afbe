"""Folders of recordings: one table a window, its rows the steps and its columns the channels; or several .ts files.

The folder of a file is its class, folders such as train and test name its part, as with pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from espalier.core.errors import EmptySourceError, FormatError
from espalier.core.timeline import Steps
from espalier.data.clean import NAMED_GROUP
from espalier.data.describe.names import hints_time
from espalier.data.series.column import Windows
from espalier.data.sources import delimited, ts_files
from espalier.data.sources.columns import named
from espalier.data.sources.folder_names import in_order, is_hidden, left_out, told_by_folders
from espalier.data.sources.window_arrays import WindowArrays

TABLES = (".csv", ".tsv", ".txt")
SEPARATORS = (",", ";")  # besides spaces and tabs
MIN_FILES = 4  # fewer tables in folders are tables
FILE, LABEL = "file", "label"  # columns


@dataclass(frozen=True)
class _Recording:
    """One file.

    Args:
        names: of its channels.
        steps: (T, C).
        time: name of the column that only tells the time; None where there is none.
        left: names of columns of text.
    """

    names: tuple[str, ...]
    steps: Steps
    time: str | None = None
    left: tuple[str, ...] = ()


def recordings_in(path: Path) -> list[str]:
    """Return the names of the files of a folder that could be recordings, in the order a person expects."""
    files = (one.relative_to(path) for one in path.rglob("*") if one.is_file())
    return in_order(
        one.as_posix() for one in files if not is_hidden(one) and one.suffix.lower() in (*TABLES, *ts_files.SUFFIXES)
    )


def holds_recordings(path: Path, *, is_asked: bool) -> bool:
    """Return whether a folder holds recordings: tables in folders of their own, or .ts files.

    Args:
        path: of the folder.
        is_asked: whether the person asked for series; only then tables that lie side by side are windows.
    """
    names = recordings_in(path)
    if any(name.lower().endswith(ts_files.SUFFIXES) for name in names):
        return True
    return bool(names) if is_asked else len(names) >= MIN_FILES and told_by_folders(names).labels is not None


def read_folder(path: Path) -> WindowArrays:
    """Return the recordings of a folder with what its folders and names tell of each.

    Raises:
        EmptySourceError: no recording in it.
        FormatError: a file whose channels differ from those of the first; it is named.
    """
    names = recordings_in(path)
    series = [name for name in names if name.lower().endswith(ts_files.SUFFIXES)]
    if series:
        return _together([ts_files.read_ts(path / name) for name in series])
    if not names:
        raise EmptySourceError(
            f"{path} holds no recording. Expected files that end in {', '.join((*TABLES, *ts_files.SUFFIXES))}."
        )
    found = [_recording(path, name) for name in names]
    first = next((one for one in found if one.names), None)
    if first is None:
        raise EmptySourceError(f"None of the {len(names):,} files in {path} holds a column of numbers. Expected one a channel.")
    pieces = [_fitted(one, first, name, names[found.index(first)]) for one, name in zip(found, names, strict=True)]
    windows = Windows(np.concatenate(pieces), np.array([len(one) for one in pieces], dtype=np.int64))
    told = told_by_folders(names)
    columns = {FILE: np.array(names, dtype=object)}
    columns |= {LABEL: np.array(told.labels, dtype=object)} if told.labels else {}
    columns |= {NAMED_GROUP: np.array(told.groups, dtype=object)} if told.groups else {}
    return WindowArrays(windows, columns, tuple(told.parts or ()), _notes(first, found, names))


def _notes(first: _Recording, found: Sequence[_Recording], names: Sequence[str]) -> tuple[str, ...]:
    empty = [name for one, name in zip(found, names, strict=True) if not one.names]
    return (
        f"one window a file, with the channels {named(first.names)}",
        *((f"the column '{first.time}' tells the time of a step and is no channel",) if first.time else ()),
        *((f"columns of text were left out: {named(first.left)}",) if first.left else ()),
        *left_out(empty, "file holds no step", "files hold no step"),
    )


def _together(parts: Sequence[WindowArrays]) -> WindowArrays:
    """Return the windows of several files as one."""
    steps = {part.windows.steps.shape[1] for part in parts}
    if len(steps) > 1:
        raise FormatError(
            f"The .ts files hold windows of {named(sorted(steps))} channels. Expected as many in each. Name one file."
        )
    shared = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    windows = Windows(
        np.concatenate([part.windows.steps for part in parts]), np.concatenate([part.windows.lengths for part in parts])
    )
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in shared}
    named_parts = tuple(one for part in parts for one in part.parts) if all(part.parts for part in parts) else ()
    has_several = len(set(named_parts)) > 1
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return WindowArrays(windows, columns, named_parts if has_several else (), notes)


def _recording(folder: Path, name: str) -> _Recording:
    """Return one file; one without rows has no names and no steps."""
    bare = _without_header(folder / name)
    try:
        frame = delimited.read(folder / name).frame if bare is None else bare
    except EmptySourceError:
        return _Recording((), np.empty((0, 0), dtype=np.float32))
    time = next((one for one in frame.columns if _tells_time(frame.get_column(one))), None)
    rest = [one for one in frame.columns if one != time]
    channels = [one for one in rest if frame.schema[one].is_numeric() or frame.schema[one] == pl.Null]
    steps = frame.select(channels).cast(pl.Float32, strict=False).to_numpy().reshape(frame.height, len(channels))
    return _Recording(tuple(channels), steps, time, tuple(one for one in rest if one not in channels))


def _tells_time(column: pl.Series) -> bool:
    """Return whether a column tells only when a step was: its name says so, and its numbers rise, or it holds dates as text."""
    if not (hints_time(column.name) or column.name.strip().lower() in ("t", "index", "sample")):
        return False
    return not column.dtype.is_numeric() or (
        column.null_count() == 0 and column.is_sorted() and column.n_unique() == len(column)
    )


def _without_header(path: Path) -> pl.DataFrame | None:
    """Return the columns of a file whose first line holds numbers, named channel_1, ...; None where it has a header."""
    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline().strip()
    separator = next((one for one in SEPARATORS if one in first), None)
    if not first or not all(_is_number(cell) for cell in first.split(separator)):
        return None
    try:
        values = np.loadtxt(path, dtype=np.float32, delimiter=separator, ndmin=2)
    except ValueError as error:
        raise FormatError(f"{path.name} cannot be read as numbers ({error}). Expected as many numbers in each line.") from error
    return pl.DataFrame(values, schema=[f"channel_{number}" for number in range(1, values.shape[1] + 1)])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _fitted(one: _Recording, first: _Recording, name: str, first_name: str) -> Steps:
    """Return the steps of a file with the channels of the first one, in its order."""
    if not one.names:
        return np.empty((0, len(first.names)), dtype=np.float32)
    if set(one.names) != set(first.names):
        lacks = sorted(set(first.names) - set(one.names))
        more = sorted(set(one.names) - set(first.names))
        said = " and ".join(
            words for words in (f"lacks {named(lacks)}" if lacks else "", f"has {named(more)} besides" if more else "") if words
        )
        text = (
            f" ({named([column for column in lacks if column in one.left])} hold text there)"
            if set(lacks) & set(one.left)
            else ""
        )
        raise FormatError(
            f"{name} {said}{text}, compared with {first_name}, which has the channels {named(first.names)}. Expected the same "
            "columns in each file. Mend it, or take it out of the folder."
        )
    return one.steps[:, [one.names.index(channel) for channel in first.names]]
