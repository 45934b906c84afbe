"""Short runs on small drawn pictures, for tests of what comes after training."""

import numpy as np
import polars as pl

from espalier import process
from pictures import drawn, encoded, write_folder
from small_runs import finish

QUICK = {
    "model.name": "fast-cnn-tiny",
    "learning.epochs": 1,
    "learning.learning_rate": 1e-2,
    "learning.precision": "float32",
    "baselines": ("majority class",),
}


def trained(source, out, target=(), changes=None):
    """Return a run on a source of pictures after one epoch."""
    draft = process.draft(source, target=target, changes={**QUICK, **(changes or {})})
    return finish(process.train(draft.plan, out, draft.table))[0]


def run_on_folder(path, colour=False, changes=None):
    """Return a run on a folder of two classes, and the folder."""
    photos = write_folder(path / "photos", 20, colour=colour)
    return trained(photos, path / "run", changes=changes), photos


def write_list(path, num_rows=40, missing=()):
    """Write a table whose column `file` holds paths of pictures beside it, and return it; some pictures are left out."""
    (path / "pictures").mkdir(parents=True, exist_ok=True)
    names = [f"pictures/{number}.png" for number in range(num_rows)]
    for number, name in enumerate(names):
        if number not in missing:
            (path / name).write_bytes(encoded(drawn("bar" if number % 2 else "square", number)))
    stream = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "file": names,
            "weight": stream.normal(size=num_rows).round(3),
            "shape": ["bar" if number % 2 else "square" for number in range(num_rows)],
            "size": np.round(stream.normal(size=num_rows) + np.arange(num_rows) % 2 * 3, 3),
        }
    )
    frame.write_csv(path / "list.csv")
    return path / "list.csv"
