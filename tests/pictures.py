"""Small pictures drawn for tests: bright squares and bars on dark, with noise, in files of any form."""

import io

import numpy as np
from PIL import Image

SHAPES = ("bar", "square")


def drawn(shape, number, side=16, colour=False):
    """Return (side, side) or (side, side, 3) uint8: a shape at a place that follows from the number."""
    stream = np.random.default_rng([number, SHAPES.index(shape)])
    pixels = stream.integers(0, 60, (side, side)).astype(np.uint8)
    top, left = stream.integers(1, side // 2, 2)
    height, width = (side // 8, side // 2) if shape == "bar" else (side // 3, side // 3)
    pixels[top : top + height, left : left + width] = 200 + stream.integers(0, 50)
    return np.stack([pixels, pixels // 2, 255 - pixels], axis=2) if colour else pixels


def encoded(pixels, form="PNG", **options):
    """Return the bytes of a picture file."""
    file = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(file, form, **options)
    return file.getvalue()


def write_folder(root, num_of_each=20, parts=(), **drawing):
    """Write pictures as PART/CLASS/NUMBER.png, or CLASS/NUMBER.png, and return the folder."""
    for place, part in enumerate(parts or ("",)):
        for shape in SHAPES:
            folder = root / part / shape
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(num_of_each):
                (folder / f"{number}.png").write_bytes(encoded(drawn(shape, 1000 * place + number, **drawing)))
    return root
