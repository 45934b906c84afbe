"""Tables of small pictures with one shape each, and the box in which it lies."""

import numpy as np
import polars as pl

from pictures import SHAPES, encoded


def planted(number, height=24, width=32):
    """Return (H, W) uint8 with a bright bar or square on dark, its class, and its box: left, top, right, bottom in pixels."""
    stream = np.random.default_rng([7, number])
    shape = SHAPES[number % 2]
    wide, tall = (12, 4) if shape == "bar" else (8, 8)
    left, top = int(stream.integers(0, width - wide)), int(stream.integers(0, height - tall))
    pixels = stream.integers(0, 60, (height, width)).astype(np.uint8)
    pixels[top : top + tall, left : left + wide] = 220
    return pixels, shape, (left, top, left + wide, top + tall)


def write_boxes(path, num_rows=60, names=("xmin", "ymin", "xmax", "ymax")):
    """Write a table with columns file, shape and the four sides beside its pictures, and return it."""
    (path / "pictures").mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(num_rows):
        pixels, shape, box = planted(number)
        (path / "pictures" / f"{number}.png").write_bytes(encoded(pixels))
        rows.append({"file": f"pictures/{number}.png", "shape": shape, **dict(zip(names, box, strict=True))})
    pl.DataFrame(rows).write_csv(path / "boxes.csv")
    return path / "boxes.csv"
