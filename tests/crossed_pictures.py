"""Tables whose class follows from a picture and a number together: neither alone says anything about it."""

import numpy as np
import polars as pl

from pictures import encoded

SIDE = 8  # pixels


def write_crossed(path, num_rows=320, seed=0):
    """Write a table of pictures, bright above or below, with a number, a category and a class beside them, and return it.

    The class is "same" where the picture is bright above and the number positive, or neither; the category says nothing.
    """
    (path / "pictures").mkdir(parents=True, exist_ok=True)
    stream = np.random.default_rng(seed)
    above, positive = (stream.permutation(num_rows) % 2 == 0 for _ in range(2))
    for number, is_above in enumerate(above):
        pixels = stream.integers(0, 90, (SIDE, SIDE))
        pixels[slice(1, 4) if is_above else slice(4, 7), 1:7] += 140
        (path / "pictures" / f"{number}.png").write_bytes(encoded(pixels.astype(np.uint8)))
    frame = pl.DataFrame(
        {
            "picture": [f"pictures/{number}.png" for number in range(num_rows)],
            "weight": np.round(np.where(positive, 1, -1) * stream.uniform(0.5, 2, num_rows), 3),
            "place": stream.choice(["north", "south"], num_rows),
            "answer": np.where(above == positive, "same", "other"),
        }
    )
    frame.write_csv(path / "table.csv")
    return path / "table.csv"
