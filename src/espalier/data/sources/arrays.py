"""NumPy files: the arrays in them, and what they are without reading them."""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from espalier.core.errors import FormatError

SUFFIXES = (".npz", ".npy")
ONLY = "pictures"  # the name of the array of a .npy file
DAMAGES = (OSError, ValueError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Form:
    """What an array is.

    Args:
        shape: of its axes.
        dtype: of its values.
    """

    shape: tuple[int, ...]
    dtype: np.dtype


def read_arrays(path: Path) -> Mapping[str, np.ndarray]:
    """Return the arrays of a NumPy file by name.

    Raises:
        FormatError: it is damaged, of another form, or holds pickled objects.
    """
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            return {ONLY: found} if isinstance(found, np.ndarray) else {name: found[name] for name in found.files}
    except DAMAGES as error:
        raise FormatError(
            f"{path.name} cannot be read as NumPy arrays ({error}). Expected numbers saved by numpy.savez; pickled objects "
            "are never read."
        ) from error


def forms_of(path: Path) -> Mapping[str, Form]:
    """Return what the arrays of a NumPy file are, by name, from their headers alone; nothing where it cannot be read."""
    try:
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                return {ONLY: _form(file)}
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            forms = {}
            for name in names:
                with archive.open(name) as member:
                    forms[name.removesuffix(".npy")] = _form(member)
            return forms
    except DAMAGES:
        return {}


def _form(file: IO[bytes]) -> Form:
    read = (
        np.lib.format.read_array_header_1_0 if np.lib.format.read_magic(file) == (1, 0) else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read(file)
    return Form(shape, dtype)
