"""Windows: recordings of one or several channels, such as a sensor's, a heart beat or a spoken vowel. One record is one window.

The windows stand in the column "series", a list of steps that each hold all channels. Lengths may differ. A label, a group and
a part stand in further columns.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from espalier.core.errors import EmptySourceError, SourceError
from espalier.core.records import Hints, Records
from espalier.core.schema import Column, Kind, Role
from espalier.data.series.column import Windows, as_column
from espalier.data.sources import window_arrays
from espalier.data.sources.arrays import SUFFIXES as ARRAY_SUFFIXES

SERIES, LABEL, PART = "series", "label", "part"  # the columns
IS_PART = Column(Kind.CATEGORY, Role.IDENTIFIER, reason="its array, file or folder names the part of the window")


def reads(source: object, *, is_asked: bool = False) -> bool:
    """Return whether a source holds windows.

    Args:
        source: what the person named.
        is_asked: whether the person asked for series; only then arrays that could as well be pictures are read as windows.
    """
    path = Path(source).expanduser() if isinstance(source, str | Path) else None
    if path is None or not path.is_file():
        return False
    return path.suffix.lower() in ARRAY_SUFFIXES and (is_asked or window_arrays.evidence_for(path) is not None)


def read(source: object) -> Records:
    """Return the windows of a source as records: columns series, label where one is given, part where parts are named.

    Args:
        source: a .npz or .npy file.

    Raises:
        SourceError: it holds no window, is damaged, or its arrays do not fit each other.
    """
    path = Path(str(source)).expanduser()
    found = window_arrays.read_windows(path)
    columns = {name: _given(name, values) for name, values in found.columns.items()}
    return made(found.windows, columns, found.parts, str(path), found.notes)


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
    frame = pl.DataFrame([series, *columns.values()])
    if parts:
        frame = frame.with_columns(pl.Series(PART, parts, dtype=pl.String))
        known[PART] = IS_PART
    hints = Hints(known, LABEL if LABEL in columns else None, PART if parts else None)
    return Records(frame, np.arange(1, frame.height + 1), source, tuple(notes), hints)


def _given(name: str, values: np.ndarray) -> pl.Series:
    """Return numbers as numbers where they are broken, and all else as text."""
    if values.dtype.kind == "f" and bool((values[~np.isnan(values)] % 1 != 0).any()):
        return pl.Series(name, values.astype(np.float64)).fill_nan(None)
    return pl.Series(name, [_word(value) for value in values.tolist()], dtype=pl.String)


def _word(value: object) -> str | None:
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
        f"{source} holds no series. Expected windows in a .npz or .npy file, or a table whose rows are steps in time."
    )
