"""Pictures of a source: they are named in a column of the records, and an album opens them by these names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np
from torch import Tensor

Fit: TypeAlias = Literal["crop", "pad", "stretch"]

GREY, COLOUR = 1, 3  # channels that pictures are brought to


@dataclass(frozen=True)
class PictureForm:
    """The one form that all pictures are brought to.

    Args:
        height, width: pixels.
        channels: 1 grey, 3 red, green and blue.
        fit: what is done with a picture of another shape: its middle is cut out ("crop"), its edges are filled with black
            ("pad"), or it is pulled into shape ("stretch").
    """

    height: int
    width: int
    channels: int
    fit: Fit = "crop"

    @property
    def num_bytes(self) -> int:
        """Return the bytes of one picture."""
        return self.height * self.width * self.channels


@dataclass(frozen=True)
class PictureHeaders:
    """What the pictures of an album are, as their headers say.

    Args:
        widths, heights: (N,) pixels, after turning as the camera noted; 0 where a picture cannot be read.
        channels: (N,) 1 grey, 3 colour, 4 colour with transparency; 0 where a picture cannot be read.
        forms: (N,) how it is stored, such as "JPEG" or "PNG (palette)".
        problems: by position, why a picture cannot be read.
        oddities: by position, what stood out, such as an ending that does not fit the content.
    """

    widths: np.ndarray[tuple[int], np.dtype[np.int64]]
    heights: np.ndarray[tuple[int], np.dtype[np.int64]]
    channels: np.ndarray[tuple[int], np.dtype[np.int64]]
    forms: tuple[str, ...]
    problems: dict[int, str]
    oddities: dict[int, str]


class Album(Protocol):
    """The pictures of one source."""

    def headers(self, names: Sequence[str]) -> PictureHeaders:
        """Return what these pictures are, without decoding them."""

    def pixels(self, names: Sequence[str], form: PictureForm) -> tuple[Tensor, dict[int, str]]:
        """Return (N, C, H, W) uint8 in one form, and by position why a picture could not be decoded (it is black then).

        What was decoded once is kept as long as the album is.
        """

    def fingerprint(self, names: Sequence[str]) -> str:
        """Return a SHA-256 of the content of these pictures, in hexadecimal."""
