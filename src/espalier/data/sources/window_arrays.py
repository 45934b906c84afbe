"""Windows in NumPy files: X (n, channel, time) or (n, time), with labels y and lengths beside them.

Pictures come in the same form, (n, height, width), so which of the two a file holds is decided by evidence: lengths beside the
array, its name, sides that no picture has, and values that no pixel has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from espalier.core.errors import FormatError
from espalier.core.records import IntArray
from espalier.data.part_column import part_in, word_of
from espalier.data.series.column import Windows
from espalier.data.sources.arrays import Form, forms_of, read_arrays

LABEL_WORDS = ("y", "label", "labels", "target", "targets", "class", "classes")
LENGTH_WORDS = ("len", "lens", "length", "lengths")
SERIES_WORDS = ("series", "window", "windows", "signal", "signals", "sequence", "sequences", "recording", "recordings")
IMAGE_WORDS = ("image", "images", "picture", "pictures", "pixels")
MAX_PICTURE_RATIO = 4.0  # of the longer to the shorter side
BRIGHTEST = 255.0
CHANNEL, TIME = 1, 2  # axes


@dataclass(frozen=True)
class WindowArrays:
    """The windows of a NumPy file.

    Args:
        windows: of all arrays, one array behind the other.
        columns: (N,) further values of each window, by name: "label", and whatever else is given for each.
        parts: (N,) train, valid or test; empty where the names of the arrays tell no part.
        notes: how the file was read, and on what evidence.
    """

    windows: Windows
    columns: Mapping[str, np.ndarray]
    parts: tuple[str, ...]
    notes: tuple[str, ...]


def evidence_for(path: Path) -> str | None:
    """Return why a NumPy file holds windows, as part of a sentence; None where it holds pictures or something else."""
    forms = forms_of(path)
    found = _inputs(forms)
    if not found or any(len(form.shape) > 3 or word_of(name) in IMAGE_WORDS for name, form in forms.items()):
        return None
    if any(word_of(name) in LENGTH_WORDS for name in forms):
        return "lengths stand beside them"
    if any(word_of(name) in SERIES_WORDS for name in found):
        return "the array is named so"
    if all(form.dtype in (np.uint8, np.bool_) for form in found.values()):
        return None
    if all(len(form.shape) == 2 for form in found.values()):
        return "each row holds numbers one behind the other"
    sides = next(form.shape[1:] for form in found.values() if len(form.shape) == 3)
    if max(sides) > MAX_PICTURE_RATIO * min(sides):
        return f"no picture is {min(sides):,} x {max(sides):,}"
    return None if sides[0] == sides[1] else _no_pixels(path, tuple(found))


def _no_pixels(path: Path, names: tuple[str, ...]) -> str | None:
    """Return which values show that an array holds no pixels; None where all could be."""
    arrays = read_arrays(path)
    given = np.concatenate([arrays[name].reshape(-1) for name in names])
    if np.isnan(given).any():
        return "values are missing, and no pixel is"
    low, high = float(given.min(initial=0)), float(given.max(initial=0))
    if low < 0:
        return f"values go down to {low:g}, and those of pixels to 0"
    is_broken = bool((given != np.floor(given)).any()) and high > 1
    return f"values are broken numbers up to {high:g}, and pixels are not" if is_broken and high > BRIGHTEST else None


def _inputs(forms: Mapping[str, Form]) -> dict[str, Form]:
    """Return the arrays that could hold windows: numbers in two or three axes, and no labels."""
    return {
        name: form
        for name, form in forms.items()
        if len(form.shape) in (2, 3)
        and min(form.shape) > 0
        and form.dtype.kind in "fiub"
        and word_of(name) not in (*LABEL_WORDS, *LENGTH_WORDS)
        and not (len(form.shape) == 2 and form.shape[1] == 1)
    }


def read_windows(path: Path) -> WindowArrays:
    """Return the windows of a NumPy file with what is given for each.

    Raises:
        FormatError: it is damaged, holds no windows, or its arrays do not fit each other.
    """
    arrays = read_arrays(path)
    found = list(_inputs({name: Form(array.shape, array.dtype) for name, array in arrays.items()}))
    if not found:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise FormatError(
            f"{path.name} holds no array of windows (n, channel, time) or (n, time); it holds {shapes}. Save them as X, the "
            "labels as y and true lengths as len."
        )
    axis, why = _time_axis({name: arrays[name] for name in found}, {name: _lengths(name, arrays, path) for name in found})
    laid = {name: _laid(arrays[name], axis) for name in found}  # each (n, time, channel)
    counts = {array.shape[2] for array in laid.values()}
    if len(counts) > 1:
        shapes = ", ".join(f"{name} {arrays[name].shape}" for name in found)
        raise FormatError(f"{path.name} holds arrays with different numbers of channels: {shapes}. Expected as many in each.")
    pieces = [_cut(name, laid[name], _lengths(name, arrays, path), path) for name in found]
    windows = Windows(np.concatenate([one.steps for one in pieces]), np.concatenate([one.lengths for one in pieces]))
    sizes = {name: len(arrays[name]) for name in found}
    columns, notes = _columns(arrays, sizes)
    parts = {name: part_in(name) for name in found}
    has_parts = len(set(parts.values())) > 1 and None not in parts.values()
    named = tuple(str(parts[name]) for name in found for _ in range(sizes[name])) if has_parts else ()
    shape = f"{counts.pop()} {'channel' if laid[found[0]].shape[2] == 1 else 'channels'}"
    evidence = evidence_for(path)
    because = f", because {evidence}" if evidence else ""
    return WindowArrays(windows, columns, named, (f"read as windows of {shape}{because}", *why, *notes))


def _time_axis(arrays: Mapping[str, np.ndarray], lengths: Mapping[str, IntArray | None]) -> tuple[int, tuple[str, ...]]:
    """Return the axis along which time runs, and a note where it is not the last one, or was only guessed.

    Lengths decide, then an axis on which the arrays of the parts differ; without these the longer one is time.
    """
    three = {name: array for name, array in arrays.items() if array.ndim == 3}
    if not three:
        return TIME, ()
    longest = [(array.shape, int(given.max())) for name, array in three.items() if (given := lengths[name]) is not None]
    for axis, other in ((TIME, CHANNEL), (CHANNEL, TIME)):
        if (
            longest
            and all(most == shape[axis] for shape, most in longest)
            and any(most > shape[other] for shape, most in longest)
        ):
            return axis, _turned(axis, "the longest length is that of the axis")
    sizes = {axis: {array.shape[axis] for array in three.values()} for axis in (CHANNEL, TIME)}
    for axis, other in ((TIME, CHANNEL), (CHANNEL, TIME)):
        if len(sizes[axis]) > 1 and len(sizes[other]) == 1 and (axis == TIME or max(sizes[axis]) > min(sizes[other])):
            return axis, _turned(axis, "the arrays differ along it")
    first = next(iter(three.values()))
    axis = CHANNEL if first.shape[CHANNEL] > first.shape[TIME] else TIME
    return axis, _turned(axis, "it is the longer one")


def _turned(axis: int, why: str) -> tuple[str, ...]:
    return (f"the axes are read as (n, time, channel): {why}",) if axis == CHANNEL else ()


def _laid(array: np.ndarray, axis: int) -> np.ndarray:
    """Return an array as (n, time, channel) float32."""
    if array.ndim == 2:
        return array[:, :, None].astype(np.float32)
    return (array if axis == CHANNEL else array.transpose(0, 2, 1)).astype(np.float32)


def _lengths(name: str, arrays: Mapping[str, np.ndarray], path: Path) -> IntArray | None:
    """Return the lengths that are given for an array, or None."""
    array, part = arrays[name], part_in(name)
    key = next((one for one in arrays if word_of(one) in LENGTH_WORDS and part_in(one) == part), None)
    if key is None:
        return None
    lengths = arrays[key].reshape(-1).astype(np.int64)
    if len(lengths) != len(array):
        raise FormatError(
            f"{path.name}: '{key}' holds {len(lengths):,} lengths and '{name}' {len(array):,} windows. Expected as many."
        )
    wrong = np.flatnonzero((lengths < 0) | (lengths > max(array.shape[1:])))
    if len(wrong):
        raise FormatError(
            f"{path.name}: '{key}' says that window {int(wrong[0]) + 1:,} has {int(lengths[wrong[0]]):,} steps, and '{name}' "
            f"has room for {max(array.shape[1:]):,}. Correct the length, or leave '{key}' out: padding with NaN tells it too."
        )
    return lengths


def _cut(name: str, laid: np.ndarray, lengths: IntArray | None, path: Path) -> Windows:
    """Return the windows of one array (n, time, channel) without their padding."""
    room = laid.shape[1]
    if lengths is None:
        known = ~np.isnan(laid).all(axis=2)  # (n, time)
        lengths = np.where(known.any(axis=1), room - known[:, ::-1].argmax(axis=1), 0).astype(np.int64)
    if int(lengths.max(initial=0)) > room:
        raise FormatError(
            f"{path.name}: a length of {int(lengths.max()):,} is given for '{name}', whose windows have {room:,} steps. "
            "Expected windows as (n, channel, time)."
        )
    return Windows(laid[np.arange(room) < lengths[:, None]], lengths)


def _columns(arrays: Mapping[str, np.ndarray], sizes: Mapping[str, int]) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return what is given for each window by name, and notes on arrays that were left out."""
    columns: dict[str, dict[int, np.ndarray]] = {}
    used = set(sizes)
    for place, (name, size) in enumerate(sizes.items()):
        for key, array in arrays.items():
            is_single = array.ndim == 1 or array.shape[1:] == (1,)
            if key in sizes or not is_single or len(array) != size or part_in(key) != part_in(name):
                continue
            used.add(key)
            word = word_of(key)
            if word not in LENGTH_WORDS:
                columns.setdefault("label" if word in LABEL_WORDS else word, {})[place] = array.reshape(-1)
    lengths = {key for key in arrays if word_of(key) in LENGTH_WORDS}
    left = sorted(set(arrays) - used - lengths) + sorted(name for name, held in columns.items() if len(held) < len(sizes))
    whole = {
        name: np.concatenate([held[place] for place in range(len(sizes))])
        for name, held in columns.items()
        if len(held) == len(sizes)
    }
    notes = (f"left out, for they are not given for each window: {', '.join(left)}",) if left else ()
    return whole, notes
