"""Albums of arrays: pictures that lie in memory as numbers already, from NumPy or IDX files."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from espalier.core.errors import FormatError
from espalier.core.pictures import GREY, PictureForm, PictureHeaders

CHANNELS = (1, 3, 4)  # what the last or second axis of a four-dimensional array may hold
GREY_WEIGHTS = (0.299, 0.587, 0.114)  # red, green and blue (ITU-R BT.601), as Pillow has them
WHITE = 255.0
MARK = "#"  # between the name of an array and the number of a picture in it

Pixels = np.ndarray[tuple[int, int, int, int], np.dtype[np.uint8]]


@dataclass
class ArrayAlbum:
    """Pictures in arrays; a picture's name is the name of its array and its number in it, such as "x_train#17".

    Args:
        arrays: by name, each (N, H, W, C) uint8.
        kept: what was brought to a form already, by array and form.
    """

    arrays: Mapping[str, Pixels]
    kept: dict[tuple[str, PictureForm], Tensor] = field(default_factory=dict, repr=False)

    def headers(self, names: Sequence[str]) -> PictureHeaders:
        """Return what these pictures are."""
        shapes = np.array([self.arrays[key].shape[1:] for key, _ in map(_place, names)], dtype=np.int64).reshape(-1, 3)
        return PictureHeaders(shapes[:, 1], shapes[:, 0], shapes[:, 2], ("array",) * len(names), {}, {})

    def pixels(self, names: Sequence[str], form: PictureForm) -> tuple[Tensor, dict[int, str]]:
        """Return (N, C, H, W) uint8 in one form; arrays hold nothing that could not be decoded."""
        places = [_place(name) for name in names]
        result = torch.empty(len(names), form.channels, form.height, form.width, dtype=torch.uint8)
        for key in dict.fromkeys(key for key, _ in places):
            where = [number for number, (other, _) in enumerate(places) if other == key]
            result[where] = self._formed(key, form)[[places[number][1] for number in where]]
        return result, {}

    def fingerprint(self, names: Sequence[str]) -> str:
        """Return a SHA-256 of the arrays, in hexadecimal."""
        digest = hashlib.sha256()
        for key, array in self.arrays.items():
            digest.update(f"{key}\0{array.shape}\0".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def _formed(self, key: str, form: PictureForm) -> Tensor:
        """Return an array in a form, (N, C, H, W)."""
        if (key, form) not in self.kept:
            self.kept[key, form] = bring_to_form(torch.from_numpy(self.arrays[key]).permute(0, 3, 1, 2), form)
        return self.kept[key, form]


def bring_to_form(pictures: Tensor, form: PictureForm) -> Tensor:
    """Return pictures in a form.

    Args:
        pictures: (N, C, H, W) uint8 of one size, C 1, 3 or 4.
        form: to bring them to.

    Shapes: (N, form.channels, form.height, form.width) uint8.
    """
    num, channels, height, width = pictures.shape
    if channels == form.channels and (height, width) == (form.height, form.width):
        return pictures.contiguous()
    parts = [_formed(part.float(), form) for part in torch.split(pictures, 1024)]
    return torch.cat(parts) if parts else torch.empty(0, form.channels, form.height, form.width, dtype=torch.uint8)


def _formed(pictures: Tensor, form: PictureForm) -> Tensor:
    if pictures.shape[1] == 4:
        opacity = pictures[:, 3:] / WHITE
        pictures = pictures[:, :3] * opacity + WHITE * (1 - opacity)
    if pictures.shape[1] == 3 and form.channels == GREY:
        pictures = (pictures * torch.tensor(GREY_WEIGHTS).view(1, 3, 1, 1)).sum(1, keepdim=True)
    elif pictures.shape[1] == GREY and form.channels == 3:
        pictures = pictures.expand(-1, 3, -1, -1)
    pictures = _shaped(pictures, form)
    if pictures.shape[2:] != (form.height, form.width):
        pictures = F.interpolate(pictures, (form.height, form.width), mode="bilinear", antialias=True, align_corners=False)
    return pictures.round().clamp(0, WHITE).to(torch.uint8)


def _shaped(pictures: Tensor, form: PictureForm) -> Tensor:
    """Return the pictures cut or filled up to the ratio of the form's sides."""
    height, width = pictures.shape[2:]
    if form.fit == "stretch" or height * form.width == width * form.height:
        return pictures
    ratio = form.height / form.width
    if form.fit == "crop":
        rows, columns = min(height, round(width * ratio)), min(width, round(height / ratio))
        top, left = (height - rows) // 2, (width - columns) // 2
        return pictures[:, :, top : top + rows, left : left + columns]
    rows, columns = max(height, round(width * ratio)), max(width, round(height / ratio))
    top, left = (rows - height) // 2, (columns - width) // 2
    return F.pad(pictures, (left, columns - width - left, top, rows - height - top))


def as_pictures(array: np.ndarray, name: str) -> Pixels:
    """Return an array of pictures as (N, H, W, C) uint8.

    Args:
        array: (N, H, W), (N, H, W, C) or (N, C, H, W); whole numbers of 0 to 255, or of 0 to 65,535 where the type is 16 bits
            wide, or decimals of 0 to 1 or 0 to 255.
        name: of the array, for messages.

    Raises:
        FormatError: another number of axes, or values out of range.
    """
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or not (array.shape[3] in CHANNELS or array.shape[1] in CHANNELS):
        raise FormatError(
            f"The array '{name}' has the shape {array.shape}. Expected pictures: (N, height, width), (N, height, width, C) or "
            "(N, C, height, width) with 1, 3 or 4 channels."
        )
    if array.shape[3] not in CHANNELS:
        array = np.moveaxis(array, 1, 3)
    return np.ascontiguousarray(_as_bytes(array, name))


def _as_bytes(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype == np.uint8 or not array.size:
        return array.astype(np.uint8)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * 255
    low, high = float(np.nanmin(array)), float(np.nanmax(array))
    is_whole = np.issubdtype(array.dtype, np.integer)
    top = 65_535.0 if array.dtype == np.uint16 and high > WHITE else 1.0 if not is_whole and high <= 1.0 else WHITE
    if low < 0 or high > top or not np.isfinite([low, high]).all() or bool(np.isnan(array).any()):
        raise FormatError(
            f"The array '{name}' of type {array.dtype} holds values from {low:g} to {high:g}. Expected pixels: 0 to 255, "
            "or decimals from 0 to 1. Undo the normalisation before saving it, or, where it holds windows in time, "
            "say so: --set data.kind=series"
        )
    return np.rint(array.astype(np.float32) * (WHITE / top)).astype(np.uint8)


def _place(name: str) -> tuple[str, int]:
    """Return the array and the number that a picture's name holds."""
    key, _, number = name.rpartition(MARK)
    return key, int(number)
