"""Three questions about blood cells in photographs (bccd): which kinds are there, how many red cells, and what lies where.

- kinds: which of the three kinds of cells a crop of 240 x 240 pixels shows, several at once (task multilabel)
- count: how many red cells a whole photograph shows (task regression)
- place: crops with exactly one white cell or platelet, and the box around it (task localization)

Nothing is set but what asks the question; crops of one photograph stay in one part. The test parts are drawn by the plan and
opened once.

    python bench/cells.py [--only place] [--seed 0]
"""

import argparse
import io
import os
import re
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from espalier import process
from results import write_section

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
KINDS = ("RBC", "WBC", "Platelets")
SIDE = 240  # pixels of a crop
CROPS = 2  # of each photograph, for the question of kinds
TRIES = 20  # places looked at for a crop with one thing alone
SHOWN = 0.5  # share of a cell that must lie in a crop for the crop to show it


def photographs():
    """Yield the name of each photograph, its picture, and its cells: kind, left, top, right, bottom."""
    with zipfile.ZipFile(DATA / "bccd" / "bccd_voc.zip") as archive:
        names = archive.namelist()
        pictures = {Path(name).stem: name for name in names if name.endswith(".jpg")}
        for name in sorted(one for one in names if one.endswith(".xml")):
            root, stem = ElementTree.fromstring(archive.read(name)), Path(name).stem
            cells = [
                (one.findtext("name"), *(float(one.findtext(f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax")))
                for one in root.iter("object")
            ]
            cells = [cell for cell in cells if cell[3] > cell[1] and cell[4] > cell[2]]
            yield re.sub(r"\W", "_", stem), Image.open(io.BytesIO(archive.read(pictures[stem]))).convert("RGB"), cells


def shares_in(cells, left, top):
    """Return for each cell the share of it that lies in a crop."""
    boxes = np.array([cell[1:] for cell in cells]).reshape(-1, 4)
    low, high = np.maximum(boxes[:, :2], (left, top)), np.minimum(boxes[:, 2:], (left + SIDE, top + SIDE))
    return np.clip(high - low, 0, None).prod(axis=1) / (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)


def write_kinds(folder, stream):
    """Write crops with which kinds of cells they show."""
    for name, picture, cells in photographs():
        for number in range(CROPS):
            left, top = (int(stream.integers(0, size - SIDE + 1)) for size in picture.size)
            shown = {cell[0] for cell, share in zip(cells, shares_in(cells, left, top), strict=True) if share >= SHOWN}
            file = f"{name}_{number}.png"
            picture.crop((left, top, left + SIDE, top + SIDE)).save(folder / file)
            yield {"file": file, "photo": name, **{kind: int(kind in shown) for kind in KINDS}}


def write_count(folder, stream):
    """Write whole photographs with how many red cells they show."""
    for name, picture, cells in photographs():
        picture.save(folder / f"{name}.png")
        yield {"file": f"{name}.png", "red_cells": sum(cell[0] == "RBC" for cell in cells)}


def write_place(folder, stream):
    """Write crops with exactly one white cell or platelet, whole, and its box."""
    for name, picture, cells in photographs():
        wanted = [cell for cell in cells if cell[0] != "RBC"]
        for number, cell in enumerate(wanted):
            for _ in range(TRIES):
                left, top = (int(stream.integers(0, size - SIDE + 1)) for size in picture.size)
                shares = shares_in(wanted, left, top)
                if shares[number] == 1 and np.count_nonzero(shares) == 1:
                    file = f"{name}_{number}.png"
                    picture.crop((left, top, left + SIDE, top + SIDE)).save(folder / file)
                    sides = (cell[1] - left, cell[2] - top, cell[3] - left, cell[4] - top)
                    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True))
                    yield {"file": file, "photo": name, "cell": cell[0], **box}
                    break


GROUPED = {"split.column": "photo", "split.method": "group"}
QUESTIONS = {  # how the table is written, its targets, what asks the question, the metric that is told
    "kinds": (write_kinds, KINDS, GROUPED, "pr_auc_macro"),
    "count": (write_count, ("red_cells",), {"task.name": "regression"}, "mae"),
    "place": (write_place, ("cell",), {**GROUPED, "task.name": "localization"}, "mean_iou"),
}


def measure(name, seed):
    """Train the default plan on one question and return what came of it."""
    write, targets, changes, metric = QUESTIONS[name]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pl.DataFrame(list(write(folder, np.random.default_rng(seed)))).write_csv(folder / "cells.csv")
        made = process.draft(folder / "cells.csv", target=targets, changes=changes, seed=seed)
        run = finish(process.train(made.plan, folder / "run", made.table))
        card = run.scorecard
        scores = {one.name: one.scores[metric] for one in card.models if metric in one.scores}
        chosen = card.models[1].name
        return {
            "question": name,
            "metric": metric,
            "rows": card.network.num_train_rows,
            "tested": card.num_rows,
            "network": scores["network"],
            "baseline": f"{chosen}",
            "simple": scores[chosen],
            "minutes": card.network.fit_seconds / 60,
            "verdict": card.verdict,
        }


def finish(stages):
    """Go through all stages and return the run."""
    while True:
        try:
            next(stages)
        except StopIteration as end:
            return end.value


def shown(score):
    """Return a score with its interval."""
    return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=list(QUESTIONS))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    lines = [
        "| question | metric | training and test pictures | network (95 % interval) | baseline best on the validation part "
        "| minutes of the network |",
        "|---|---|---|---|---|---|",
    ]
    for name in given.only or QUESTIONS:
        one = measure(name, given.seed)
        print(name, one["verdict"], flush=True)
        lines.append(
            f"| {name} | {one['metric']} | {one['rows']:,}, {one['tested']:,} | {shown(one['network'])} "
            f"| {one['baseline']}: {shown(one['simple'])} | {one['minutes']:.1f} |"
        )
        print(lines[-1], flush=True)
    if not given.only:
        write_section("Blood cells: kinds, count and place", "python bench/cells.py", lines)


if __name__ == "__main__":
    main()
