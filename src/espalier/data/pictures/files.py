"""Albums of picture files: in a folder, or in a zip archive, which is read in place and never unpacked."""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from espalier.core.pictures import PictureForm, PictureHeaders
from espalier.data.pictures.decode import Header, UnreadablePictureError, decode, read_header

MAX_FILE_BYTES = 256 * 2**20  # of one picture file; more is no picture, or a bomb
MAX_MEMORY_BYTES = 4 * 2**30  # decoded pictures beyond it lie in a file that the system pages in and out
COPIED_AT_ONCE = 4096  # pictures that are copied from file to file
AT_ONCE = 64  # files in the hands of the threads at a time, so that few contents are held in memory

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]  # (N, H, W, C)
Read = Callable[[str], bytes]
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class FileAlbum:
    """Picture files that are opened by name.

    Args:
        read: returns the content of a file.
        decoded: what was decoded already, by form: where each name stands, and the pixels.
    """

    read: Read
    decoded: dict[PictureForm, tuple[dict[str, int], Tensor, dict[str, str]]] = field(default_factory=dict, repr=False)

    def headers(self, names: Sequence[str]) -> PictureHeaders:
        """Return what these pictures are, without decoding them."""
        found = list(_in_threads(self._header, names))
        headers = [one if isinstance(one, Header) else Header(0, 0, 0, "") for one in found]
        return PictureHeaders(
            np.array([one.width for one in headers], dtype=np.int64),
            np.array([one.height for one in headers], dtype=np.int64),
            np.array([one.channels for one in headers], dtype=np.int64),
            tuple(one.form for one in headers),
            {position: one for position, one in enumerate(found) if isinstance(one, str)},
            {position: one.oddity for position, one in enumerate(headers) if one.oddity},
        )

    def pixels(self, names: Sequence[str], form: PictureForm) -> tuple[Tensor, dict[int, str]]:
        """Return (N, C, H, W) uint8 in one form, and by position why a picture could not be decoded (it is black then)."""
        places, pixels, problems = self.decoded.get(form, ({}, torch.empty(0), {}))
        fresh = [name for name in dict.fromkeys(names) if name not in places]
        if fresh:
            new, wrong = self._decoded(fresh, form)
            pixels = _joined(pixels, new, form) if len(places) else new
            places = places | {name: len(places) + number for number, name in enumerate(fresh)}
            problems = problems | wrong
            self.decoded[form] = (places, pixels, problems)
        index = torch.tensor([places[name] for name in names], dtype=torch.long)
        return _picked(pixels, index, form), {n: problems[name] for n, name in enumerate(names) if name in problems}

    def fingerprint(self, names: Sequence[str]) -> str:
        """Return a SHA-256 of names and contents, in hexadecimal."""
        digest = hashlib.sha256()
        for name, mark in zip(names, _in_threads(self._mark, names), strict=True):
            digest.update(f"{name}\0{mark}\0".encode())
        return digest.hexdigest()

    def _mark(self, name: str) -> str:
        try:
            return hashlib.sha256(self.read(name)).hexdigest()
        except UnreadablePictureError as error:
            return str(error)

    def _header(self, name: str) -> Header | str:
        try:
            return read_header(self.read(name), name)
        except UnreadablePictureError as error:
            return str(error)

    def _decoded(self, names: Sequence[str], form: PictureForm) -> tuple[Tensor, dict[str, str]]:
        """Return the pixels of pictures that were not decoded yet, channels_last, and by name why some could not be."""
        pixels = _room(len(names), form)
        problems: dict[str, str] = {}

        def fill(numbered: tuple[int, str]) -> None:
            number, name = numbered
            try:
                pixels[number] = decode(self.read(name), form)
            except UnreadablePictureError as error:
                problems[name] = str(error)

        for _ in _in_threads(fill, list(enumerate(names))):
            pass
        return _planes_last(pixels), problems


def _room(num_pictures: int, form: PictureForm) -> Pixels:
    """Return black pictures (N, H, W, C) to be filled: in memory, or where that is too small in a file that nobody sees."""
    shape = (num_pictures, form.height, form.width, form.channels)
    if num_pictures * form.num_bytes <= MAX_MEMORY_BYTES:
        return np.zeros(shape, dtype=np.uint8)
    with tempfile.TemporaryFile() as file:  # the system keeps it as long as the array is in use
        return np.memmap(file, dtype=np.uint8, mode="w+", shape=shape)


def _planes_last(pixels: Pixels) -> Tensor:
    """Return (N, C, H, W) over the memory of (N, H, W, C): the layout that batches are made from, so that none copies it."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)


def _picked(pixels: Tensor, index: Tensor, form: PictureForm) -> Tensor:
    """Return the pictures at some places: a view where they follow each other, else a copy that may lie in a file."""
    first = int(index[0]) if len(index) else 0
    if bool((index == torch.arange(first, first + len(index))).all()):
        return pixels[first : first + len(index)]
    return _copied([(pixels, part) for part in torch.split(index, COPIED_AT_ONCE)], len(index), form)


def _joined(pixels: Tensor, more: Tensor, form: PictureForm) -> Tensor:
    """Return pictures with more behind them, in memory or in a file."""
    parts = [(one, part) for one in (pixels, more) for part in torch.split(torch.arange(len(one)), COPIED_AT_ONCE)]
    return _copied(parts, len(pixels) + len(more), form)


def _copied(parts: Sequence[tuple[Tensor, Tensor]], num_pictures: int, form: PictureForm) -> Tensor:
    """Return a copy of pictures, given as (pictures, places) in pieces."""
    room, filled = _room(num_pictures, form), 0
    for pixels, places in parts:
        room[filled : filled + len(places)] = pixels.permute(0, 2, 3, 1).index_select(0, places).numpy()
        filled += len(places)
    return _planes_last(room)


def folder_album(root: Path) -> FileAlbum:
    """Return the album of the files below a folder; names are paths from there, with forward strokes."""

    def read(name: str) -> bytes:
        path = root / name
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise UnreadablePictureError(f"the file has more than {MAX_FILE_BYTES // 2**20} MB")
            return path.read_bytes()
        except OSError as error:
            raise UnreadablePictureError(f"the file cannot be opened: {error.strerror}") from error

    return FileAlbum(read)


def zip_album(archive: Path) -> FileAlbum:
    """Return the album of the files in a zip archive; nothing is unpacked to disk."""
    opened = zipfile.ZipFile(archive)

    def read(name: str) -> bytes:
        try:
            entry = opened.getinfo(name)
            if entry.file_size > MAX_FILE_BYTES:
                raise UnreadablePictureError(f"it would take more than {MAX_FILE_BYTES // 2**20} MB when unpacked")
            with opened.open(entry) as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except (KeyError, zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
            raise UnreadablePictureError(f"it cannot be read from the archive ({error})") from error
        if len(content) > MAX_FILE_BYTES:
            raise UnreadablePictureError(f"it takes more than {MAX_FILE_BYTES // 2**20} MB when unpacked")
        return content

    return FileAlbum(read)


def _in_threads(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Yield what the work gives for each item, in order; decoders let go of the interpreter, so threads help."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for start in range(0, len(items), AT_ONCE):
            yield from pool.map(work, items[start : start + AT_ONCE])
