"""Images: folders, zip archives, NumPy and IDX files of pictures. One record is one picture.

In a folder or an archive the folder of a picture is its class, and folders such as train, valid and test name its part. In
arrays the classes lie in a second array of the same length: x_train and y_train, images and labels.
"""

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl
from sklearn import datasets

from espalier.core.errors import EmptySourceError, FormatError, SourceError
from espalier.core.pictures import Album
from espalier.core.records import Hints, Records
from espalier.core.schema import Column, Kind, Role
from espalier.data.clean import NAMED_GROUP
from espalier.data.part_column import part_in, word_of
from espalier.data.pictures.arrays import MARK, ArrayAlbum, as_pictures
from espalier.data.pictures.decode import SUFFIXES
from espalier.data.pictures.files import folder_album, zip_album
from espalier.data.pictures.idx import IDX_PICTURES, labels_beside, read_idx
from espalier.data.sources.arrays import SUFFIXES as ARRAY_SUFFIXES
from espalier.data.sources.arrays import read_arrays
from espalier.data.sources.folder_names import in_order, is_hidden, left_out, told_by_folders
from espalier.data.sources.window_arrays import LABEL_WORDS

IMAGE, LABEL, PART = "image", "label", "part"  # the columns
DIGITS = "sample:digits"
PICTURE_WORDS = ("x", "image", "images", "picture", "pictures", "pixels", "data", "inputs")
IS_PICTURE = Column(Kind.IMAGE, Role.INPUT, reason="names of pictures")
IS_GROUP = Column(Kind.CATEGORY, Role.IDENTIFIER, reason="the names of the pictures begin so: a word and a number that repeat")
IS_PART = Column(Kind.CATEGORY, Role.IDENTIFIER, reason="its folder or array names the part of the picture")


def reads(source: object, *, is_asked: bool = False) -> bool:
    """Return whether a source is a folder, archive or array file of pictures.

    Args:
        source: what the person named.
        is_asked: whether the person asked for pictures; only then a sample that is also a table is read as pictures.
    """
    if not isinstance(source, str | Path):
        return False
    if str(source) == DIGITS:
        return is_asked
    path = Path(source).expanduser()
    if path.is_dir():
        return any(_is_picture(str(one)) or IDX_PICTURES.match(one.name) for one in path.rglob("*"))
    return path.is_file() and (
        path.suffix.lower() in (*ARRAY_SUFFIXES, ".zip") or IDX_PICTURES.match(path.name) is not None or _is_picture(path.name)
    )


def read(source: object) -> Records:
    """Return the pictures of a source as records: columns image, label where classes are known, part where parts are named.

    Args:
        source: a folder, a .zip, .npz, .npy or IDX file, one picture, or "sample:digits".

    Raises:
        SourceError: it holds no picture, is damaged, or its arrays do not fit each other.
    """
    if str(source) == DIGITS:
        return _read_digits()
    path = Path(str(source)).expanduser()
    if path.is_dir():
        return _read_idx_folder(path) or _read_folder(path)
    if path.suffix.lower() == ".zip":
        return _read_zip(path)
    if path.suffix.lower() in ARRAY_SUFFIXES:
        return _read_arrays(path)
    if IDX_PICTURES.match(path.name):
        return _read_idx([path], path)
    return _records([path.name], folder_album(path.parent), str(path), ())


def _read_folder(path: Path) -> Records:
    every = [one for one in path.rglob("*") if not is_hidden(one.relative_to(path))]
    names = in_order(one.relative_to(path).as_posix() for one in every if one.is_file())
    pictures = [name for name in names if _is_picture(name)]
    holding = {parent for name in pictures for parent in PurePosixPath(name).parents}
    empty = in_order(
        one.relative_to(path).as_posix()
        for one in every
        if one.is_dir() and PurePosixPath(one.relative_to(path)) not in holding
    )
    notes = left_out(empty, "folder holds no picture", "folders hold no picture")
    return _records(pictures, folder_album(path), str(path), (*_others(names, pictures), *notes))


def _read_zip(path: Path) -> Records:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        raise FormatError(f"{path} is no zip archive, or was cut off ({error}). Download or pack it again.") from error
    bad = next((one.filename for one in entries if _escapes(one.filename)), None)
    if bad is not None:
        raise FormatError(
            f"{path} holds a file named '{bad}', which would lie outside the folder that it is unpacked to. "
            "Such an archive is not read. Pack the pictures anew."
        )
    names = in_order(one.filename for one in entries if not is_hidden(PurePosixPath(one.filename)))
    pictures = [name for name in names if _is_picture(name)]
    return _records(pictures, zip_album(path), str(path), _others(names, pictures))


def _records(names: Sequence[str], album: Album, source: str, notes: Sequence[str]) -> Records:
    """Return the records of picture files, with class and part from their folders."""
    if not names:
        raise EmptySourceError(f"{source} holds no picture. Expected files that end in {', '.join(SUFFIXES)}.")
    told = told_by_folders(names)
    columns: dict[str, Sequence[str | None]] = {IMAGE: names}
    if told.parts is not None:
        columns[PART] = told.parts
    if told.labels is not None:
        columns[LABEL] = told.labels  # a picture outside of every class has none
    if told.groups is not None:
        columns[NAMED_GROUP] = told.groups
    target, part = (LABEL if told.labels else None), (PART if told.parts else None)
    return _made(columns, album, source, notes, target, part)


def _made(
    columns: Mapping[str, Sequence[str | None]],
    album: Album,
    source: str,
    notes: Sequence[str],
    target: str | None,
    part: str | None,
) -> Records:
    known = {IMAGE: IS_PICTURE} | ({PART: IS_PART} if part else {})
    known |= {NAMED_GROUP: IS_GROUP} if NAMED_GROUP in columns else {}
    frame = pl.DataFrame({name: pl.Series(name, values, dtype=pl.String) for name, values in columns.items()})
    rows = np.arange(1, frame.height + 1)
    return Records(frame, rows, source, tuple(notes), Hints(known, target, part), album)


def _read_arrays(path: Path) -> Records:
    arrays = read_arrays(path)
    pictures = {name: array for name, array in arrays.items() if array.ndim >= 3 and word_of(name) not in LABEL_WORDS}
    if not pictures:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise FormatError(f"{path.name} holds no array of pictures (N, height, width); it holds {shapes}.")
    classes = next((array for name, array in arrays.items() if name in ("classes", "class_names", "names")), None)
    labels = {name: _labels_of(name, len(array), arrays, pictures) for name, array in pictures.items()}
    return _from_arrays(pictures, labels, classes, str(path))


def _labels_of(
    name: str, length: int, arrays: Mapping[str, np.ndarray], pictures: Mapping[str, np.ndarray]
) -> np.ndarray | None:
    """Return the labels of an array of pictures: the array of one axis and equal length whose name says the same part."""
    fits = [
        key
        for key, array in arrays.items()
        if key not in pictures and len(array) == length and (array.ndim == 1 or array.shape[1:] == (1,))
    ]
    same = [key for key in fits if part_in(key) == part_in(name)]
    chosen = next((key for key in same if word_of(key) in LABEL_WORDS), same[0] if same else None)
    return None if chosen is None else arrays[chosen].reshape(-1)


def _from_arrays(
    pictures: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray | None], classes: np.ndarray | None, source: str
) -> Records:
    """Return the records of arrays of pictures with their labels; the names of the arrays may name the parts."""
    album = ArrayAlbum({name: as_pictures(array, name) for name, array in pictures.items()})
    if not sum(map(len, album.arrays.values())):
        raise EmptySourceError(f"{source} holds arrays without pictures.")
    names = [f"{name}{MARK}{n}" for name, array in album.arrays.items() for n in range(len(array))]
    columns: dict[str, Sequence[str | None]] = {IMAGE: names}
    parts = {name: part_in(name) for name in album.arrays}
    part = PART if len(set(parts.values())) > 1 and None not in parts.values() else None
    if part:
        columns[PART] = [str(parts[name]) for name, array in album.arrays.items() for _ in range(len(array))]
    target = None
    if all(one is not None for one in labels.values()):
        target = LABEL
        columns[LABEL] = [_class_name(value, classes) for one in labels.values() if one is not None for value in one.tolist()]
    return _made(columns, album, source, (), target, part)


def _class_name(value: object, classes: np.ndarray | None) -> str:
    if classes is not None and isinstance(value, int) and 0 <= value < len(classes):
        return str(classes[value])
    return value.decode() if isinstance(value, bytes) else str(value)


def _read_idx_folder(path: Path) -> Records | None:
    """Return the pictures of the IDX files in a folder, as MNIST comes; None where there are none."""
    found = sorted(one for one in path.iterdir() if IDX_PICTURES.match(one.name))
    return _read_idx(found, path) if found else None


def _read_idx(paths: Sequence[Path], source: Path) -> Records:
    """Return the pictures of IDX files, with the labels that lie beside them."""
    pictures: dict[str, np.ndarray] = {}
    labels: dict[str, np.ndarray | None] = {}
    for path in paths:
        match = IDX_PICTURES.match(path.name)
        stem = (match.group(1) if match else "") or "pictures"
        name = "test" if stem == "t10k" else stem
        pictures[name], labels[name] = read_idx(path, 3), labels_beside(path)
        given = labels[name]
        if given is not None and len(given) != len(pictures[name]):
            raise FormatError(
                f"{path.name} holds {len(pictures[name]):,} pictures, and the file of labels beside it {len(given):,} labels. "
                "Expected as many. Download both again."
            )
    return _from_arrays(pictures, labels, None, str(source))


def _read_digits() -> Records:
    found = datasets.load_digits()
    pixels = np.rint(found.images * (255.0 / 16.0)).astype(np.uint8)
    return _from_arrays({"digits": pixels}, {"digits": found.target}, None, DIGITS)


def _others(names: Sequence[str], pictures: Sequence[str]) -> tuple[str, ...]:
    """Return a note on files that are no pictures."""
    known = set(pictures)
    others = [name for name in names if name not in known]
    return left_out(others, "file is no picture and was left out", "files are no pictures and were left out")


def _is_picture(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _escapes(name: str) -> bool:
    """Return whether a name in an archive leads out of it."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or re.match(r"^[A-Za-z]:", name) is not None


def source_error(source: object) -> SourceError:
    """Return the error for a source that was asked to be read as pictures and holds none."""
    return SourceError(
        f"{source} holds no pictures. Expected a folder or .zip of pictures, or a .npz, .npy or IDX file of arrays."
    )
