"""Pictures: pixels as an element that holds the picture itself, so that the page stays one file."""

import base64
import io
from html import escape

import numpy as np
from PIL import Image

LOSSLESS_SIDE = 48  # pixels: smaller pictures are kept exactly, and shown with hard edges
QUALITY = 76  # of larger ones
WHITE = 255

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def picture(pixels: Pixels, *, alt: str, title: str = "") -> str:
    """Return a picture as an element.

    Args:
        pixels: (C, H, W) of 1 or 3 channels.
        alt: what it is, for those who do not see it.
        title: shown when the pointer rests on it; empty for nothing.
    """
    height, width = pixels.shape[1:]
    is_small = max(height, width) <= LOSSLESS_SIDE
    said = f' title="{escape(title)}"' if title else ""
    style = ' class="hard"' if is_small else ""
    return (
        f'<img{style} src="{_address(pixels, is_small=is_small)}" width="{width}" height="{height}" alt="{escape(alt)}"{said}>'
    )


def _address(pixels: Pixels, *, is_small: bool) -> str:
    """Return the data URI of a picture."""
    plain = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, 2)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(plain)).save(file, "WEBP", lossless=is_small, quality=QUALITY, method=4)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
