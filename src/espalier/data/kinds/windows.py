"""Windows: recordings of one or several channels, such as a sensor's, a heart beat or a spoken vowel. One record is one window.

The windows stand in the column "series", a list of steps that each hold all channels. Lengths may differ. A label, a group and
a part stand in further columns.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from espalier.core.errors import EmptySourceError, MissingSourceError, SourceError
from espalier.core.records import Hints, Records
from espalier.core.schema import Column, Kind, Role
from espalier.data.clean import NAMED_GROUP
from espalier.data.part_column import word_of
from espalier.data.pictures.decode import SUFFIXES as PICTURE_SUFFIXES
from espalier.data.series.column import Windows, as_column, windows_of
from espalier.data.sources import list_columns, sensor_folder, ts_files, window_arrays
from espalier.data.sources.arrays import SUFFIXES as ARRAY_SUFFIXES
from espalier.data.sources.columns import plain_types
from espalier.data.sources.window_arrays import LABEL_WORDS, WindowArrays

SERIES, LABEL, PART = "series", "label", "part"  # the columns
IS_PART = Column(Kind.CATEGORY, Role.IDENTIFIER, reason="its array, file or folder names the part of the window")
IS_FILE = Column(Kind.TEXT, Role.IDENTIFIER, reason="the file that holds the window")
IS_GROUP = Column(Kind.CATEGORY, Role.GROUP, reason="the names of the files begin so: a word and a number that repeat")


def reads(source: object, *, is_asked: bool = False) -> bool:
    """Return whether a source holds windows.

    Args:
        source: what the person named.
        is_asked: whether the person asked for series; only then arrays that could as well be pictures are read as windows.
    """
    path = Path(source).expanduser() if isinstance(source, str | Path) else None
    if path is None or not path.exists():
        return False
    suffix = path.suffix.lower()
    if path.is_dir():
        has_pictures = any(one.name.lower().endswith(PICTURE_SUFFIXES) for one in path.rglob("*"))
        return (is_asked or not has_pictures) and sensor_folder.holds_recordings(path, is_asked=is_asked)
    if suffix in ARRAY_SUFFIXES:
        return is_asked or window_arrays.evidence_for(path) is not None
    if suffix in list_columns.SUFFIXES:
        return bool(list_columns.list_columns(path)) if is_asked else list_columns.holds_windows(path)
    return suffix in ts_files.SUFFIXES


def read(source: object) -> Records:
    """Return the windows of a source as records: columns series, label where one is given, part where parts are named.

    Args:
        source: a .npz, .npy or .ts file, a Parquet file with a column of lists, or a folder of tables or .ts files.

    Raises:
        SourceError: it holds no window, is damaged, or its parts do not fit each other.
    """
    path = Path(str(source)).expanduser()
    if not path.exists():
        raise MissingSourceError(f"There is no file or folder {path}. Check its name.")
    if path.suffix.lower() in list_columns.SUFFIXES:
        return _read_lists(path)
    found = _read_arrays(path)
    columns = {name: _given(name, values) for name, values in found.columns.items()}
    return made(found.windows, columns, found.parts, str(path), found.notes)


def _read_arrays(path: Path) -> WindowArrays:
    if path.is_dir():
        return sensor_folder.read_folder(path)
    if path.suffix.lower() not in ts_files.SUFFIXES:
        return window_arrays.read_windows(path)
    found = ts_files.read_ts(path)
    return replace(found, parts=())  # one file is one part; the other is named by --set data.test=...


def _read_lists(path: Path) -> Records:
    windows, others, notes = list_columns.read_lists(path)
    others, more = plain_types(others, path.name) if others.width else (others, ())
    labels = [name for name in others.columns if word_of(name) in LABEL_WORDS]
    columns = {LABEL if name in labels[:1] else name: others.get_column(name) for name in others.columns}
    return made(windows, {name: one.alias(name) for name, one in columns.items()}, (), str(path), (*notes, *more))


def made(
    windows: Windows, columns: Mapping[str, pl.Series], parts: Sequence[str | None], source: str, notes: Sequence[str]
) -> Records:
    """Return the records of windows.

    Args:
        windows: N of them.
        columns: (N,) what is given for each; "label" is the target.
        parts: (N,) train, valid or test; empty where no parts are named.
        source: the name the person gave.
        notes: what the reader found out.
    """
    if not len(windows.lengths):
        raise EmptySourceError(f"{source} holds no window. Expected at least one.")
    series = as_column(windows, SERIES)
    known = {SERIES: Column(Kind.SERIES, Role.INPUT, reason=_reason(windows))}
    if sensor_folder.FILE in columns:
        known[sensor_folder.FILE] = IS_FILE
    if NAMED_GROUP in columns:
        known[NAMED_GROUP] = IS_GROUP
    frame = pl.DataFrame([series, *columns.values()])
    if parts:
        frame = frame.with_columns(pl.Series(PART, parts, dtype=pl.String))
        known[PART] = IS_PART
    hints = Hints(known, LABEL if LABEL in columns else None, PART if parts else None)
    return Records(frame, np.arange(1, frame.height + 1), source, tuple(notes), hints)


def fingerprint(records: Records) -> str:
    """Return a SHA-256 of windows and all that is given for each, in hexadecimal."""
    digest = hashlib.sha256()
    windows = windows_of(records.frame.get_column(SERIES))
    for array in (windows.steps, windows.lengths):
        digest.update(np.ascontiguousarray(array).tobytes())
    for column in records.frame.drop(SERIES):
        digest.update(f"{column.name}\0{column.dtype}\0{column.cast(pl.String).to_list()}\0".encode())
    return digest.hexdigest()


def _given(name: str, values: np.ndarray) -> pl.Series:
    """Return numbers as numbers where they are broken, and all else as text."""
    if values.dtype.kind == "f" and bool((values[~np.isnan(values)] % 1 != 0).any()):
        return pl.Series(name, values.astype(np.float64)).fill_nan(None)
    return pl.Series(name, [_word(value) for value in values.tolist()], dtype=pl.String)


def _word(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float):
        return None if np.isnan(value) else str(int(value))
    return str(value)


def _reason(windows: Windows) -> str:
    lengths, channels = windows.lengths, windows.steps.shape[1]
    low, high = int(lengths.min()), int(lengths.max())
    steps = f"{high:,} steps" if low == high else f"{low:,} to {high:,} steps"
    return f"windows of {steps} and {channels} {'channel' if channels == 1 else 'channels'}"


def source_error(source: object) -> SourceError:
    """Return the error for a source that was asked to be read as series and holds none."""
    return SourceError(
        f"{source} holds no series. Expected windows in a .npz, .npy, .ts or Parquet file or a folder, "
        "or a table whose rows are steps in time."
    )
