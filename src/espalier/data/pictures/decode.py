"""Decoding: one picture file to uint8 pixels in a form, whatever mode, depth, turn or number of frames it was stored with."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from espalier.core.pictures import COLOUR, GREY, PictureForm

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
ENDINGS = {  # file endings that suit each stored form
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "MPO": (".jpg", ".jpeg"),  # several JPEG pictures in one file, as some cameras write them
}
MAX_PIXELS = 120_000_000  # a picture of 20,000 x 20,000 would take 1.2 GB; this many take 360 MB
ORIENTATION = 0x0112  # EXIF tag: how the camera was turned
SIDEWAYS = (5, 6, 7, 8)  # its values under which width and height change places
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N", "I")
DEPTH = 257.0  # 65,535 / 255

Pixels = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]


class UnreadablePictureError(Exception):
    """A picture cannot be read; the text says why. Within the package only: callers collect it by picture."""


@dataclass(frozen=True)
class Header:
    """What the header of one picture says.

    Args:
        width, height: pixels, turned as the camera noted.
        channels: 1 grey, 3 colour, 4 colour with transparency.
        form: how it is stored.
        oddity: what stood out; empty for nothing.
    """

    width: int
    height: int
    channels: int
    form: str
    oddity: str = ""


def read_header(content: bytes, name: str) -> Header:
    """Return what a picture's header says, without decoding it.

    Args:
        content: of the file.
        name: of the file; its ending is compared with the content.

    Raises:
        UnreadablePictureError: it is no picture, cut off, or too large a one.
    """
    with _opened(content) as picture:
        width, height = picture.size
        stored = picture.format or "?"
        try:  # frames are counted by going through the file
            if _is_sideways(picture):
                width, height = height, width
            return Header(width, height, _channels(picture), _form(picture), _oddity(picture, stored, name))
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise UnreadablePictureError(_reason(error)) from error


def decode(content: bytes, form: PictureForm) -> Pixels:
    """Return (H, W, C) uint8: the first frame, turned upright, in the form's colours and size.

    Palettes become colours, CMYK becomes red, green and blue, 16 bits become 8, and what is transparent lies on white.

    Raises:
        UnreadablePictureError: it is no picture, cut off, or too large.
    """
    with _opened(content) as picture:
        try:
            picture.draft("L" if form.channels == GREY else "RGB", (form.width, form.height))  # JPEG decodes smaller, faster
            upright = ImageOps.exif_transpose(picture)
            plain = _in_colours(upright, form.channels)
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise UnreadablePictureError(_reason(error)) from error
        pixels = np.asarray(_fitted(plain, form), dtype=np.uint8)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _opened(content: bytes) -> Image.Image:
    if not content:
        raise UnreadablePictureError("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is stricter and says more
            picture = Image.open(io.BytesIO(content))
    except Image.DecompressionBombError as error:
        raise UnreadablePictureError(f"it has more than {MAX_PIXELS:,} pixels") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise UnreadablePictureError("it is no picture in a form that is read") from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise UnreadablePictureError(f"it is {width:,} x {height:,} pixels; at most {MAX_PIXELS:,} pixels are read")
    return picture


def _is_sideways(picture: Image.Image) -> bool:
    """Return whether the camera noted a quarter turn. Of a PNG only what stands before the pixels is looked at."""
    if picture.format == "PNG" and "exif" not in picture.info:
        return False  # Pillow would decode the whole picture to look behind the pixels
    return picture.getexif().get(ORIENTATION, 1) in SIDEWAYS


def _channels(picture: Image.Image) -> int:
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        return 4
    return GREY if picture.mode in ("1", "L", "F", *SIXTEEN_BITS) else COLOUR


def _form(picture: Image.Image) -> str:
    kind = {"P": "palette", "CMYK": "CMYK", "1": "black and white"}.get(picture.mode)
    kind = "16 bits" if picture.mode in SIXTEEN_BITS else kind
    frames = getattr(picture, "n_frames", 1)
    said = ", ".join(one for one in (kind, f"{frames} frames" if frames > 1 else None) if one)
    return f"{picture.format} ({said})" if said else str(picture.format)


def _oddity(picture: Image.Image, stored: str, name: str) -> str:
    ending = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    if ending and ending not in ENDINGS.get(stored, ()):
        return f"ends in '{ending}' and holds {stored}"
    frames = getattr(picture, "n_frames", 1)
    return f"holds {frames} frames, of which the first is read" if frames > 1 else ""


def _in_colours(picture: Image.Image, channels: int) -> Image.Image:
    """Return the picture in grey or colour; transparent places lie on white."""
    wanted = "L" if channels == GREY else "RGB"
    if picture.mode in SIXTEEN_BITS:
        values = np.asarray(picture, dtype=np.float32)
        picture = Image.fromarray(np.clip(np.rint(values / DEPTH), 0, 255).astype(np.uint8))
    elif picture.mode == "F":
        values = np.asarray(picture)
        scale = 255.0 if float(values.max(initial=0.0)) <= 1.0 else 1.0
        picture = Image.fromarray(np.clip(np.rint(values * scale), 0, 255).astype(np.uint8))
    if _channels(picture) == 4:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, layered)
    return picture.convert(wanted)


def _fitted(picture: Image.Image, form: PictureForm) -> Image.Image:
    """Return the picture in the form's size; a mean over pixels where it shrinks, as a camera would see it from afar."""
    size = (form.width, form.height)
    if picture.size == size:
        return picture
    if form.fit == "stretch":
        return picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    if form.fit == "pad":
        return ImageOps.pad(picture, size, Image.Resampling.BILINEAR)
    return ImageOps.fit(picture, size, Image.Resampling.BILINEAR)


def _reason(error: Exception) -> str:
    text = str(error)
    return "it is cut off" if "truncated" in text or "broken" in text else f"it cannot be decoded ({text[:80]})"
