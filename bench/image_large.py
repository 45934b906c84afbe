"""Pictures that do not fit into the memory they may take: speed, memory, and whether batches stay the same.

The 12,000 pictures of cifar10_subset are brought to 96 x 96 pixels (332 MB). Once they may take 4 GiB, as by default, and
once 32 MiB, so that they lie in files that the system pages in and out. Of each, a process of its own tells the seconds until
they are decoded, the seconds of an epoch of batches from a random four fifths of them (shifted and mirrored, with no network
behind), the greatest memory of the process beyond what its imports take, pages of files left out, and a mark of all batches.

    python bench/image_large.py [--epochs 3]
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import torch

from espalier.core.pictures import PictureForm
from espalier.data.augment.pipeline import Pipeline
from espalier.data.image_batches import ImageBatches, Normalize
from espalier.data.pictures import files
from espalier.data.read import read
from results import write_section

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
FORM = PictureForm(96, 96, 3)
LIMITS = {"4 GiB (the default)": files.MAX_MEMORY_BYTES, "32 MiB": 32 * 2**20}
CHANGES = Pipeline.from_mapping({"steps": [{"name": "flip"}, {"name": "crop", "padding": 12, "fill": "reflect"}]})
EVERY_SECONDS = 0.02


def own_bytes():
    """Return the memory of this process, pages of files left out."""
    return 1024 * int(re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[1])


class Highest:
    """The greatest memory of this process while a thread watches it."""

    def __init__(self):
        self.bytes = self.before = own_bytes()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while True:
            self.bytes = max(self.bytes, own_bytes())
            time.sleep(EVERY_SECONDS)


def alone(limit, epochs):
    """Measure in this process, and print what was found."""
    files.MAX_MEMORY_BYTES = limit
    records = read(str(DATA / "cifar10_subset" / "cifar10_12k.zip"))
    names = records.frame["image"].to_list()
    highest, began = Highest(), time.perf_counter()
    records.album.pixels(names, FORM)
    decoding = time.perf_counter() - began
    chosen = np.sort(np.random.default_rng(0).permutation(len(names))[: len(names) * 4 // 5])
    image, _ = records.album.pixels([names[place] for place in chosen], FORM)
    target = torch.arange(len(image))
    normalize = Normalize((0.5,) * 3, (0.25,) * 3)
    batches = ImageBatches(image, target, batch_size=128, seed=0, normalize=normalize, pipeline=CHANGES)
    digest, seconds = hashlib.sha256(), []
    for epoch in range(epochs):
        began = time.perf_counter()
        for batch in batches.epoch(epoch):
            digest.update(batch.target.numpy().tobytes())
            digest.update(batch.inputs[0][0].contiguous().numpy().tobytes())
        seconds.append(time.perf_counter() - began)
    print(json.dumps([decoding, min(seconds), (highest.bytes - highest.before) / 1e6, digest.hexdigest()[:12]]))


def main():
    """Measure each limit in a process of its own, and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--limit", type=int, help="measure this one alone, in this process")
    given = parser.parse_args()
    if given.limit is not None:
        alone(given.limit, given.epochs)
        return
    lines = ["| limit | seconds to decode | seconds an epoch | MB of memory | mark of all batches |", "|---|---|---|---|---|"]
    for said, limit in LIMITS.items():
        command = [sys.executable, __file__, "--limit", str(limit), "--epochs", str(given.epochs)]
        told = subprocess.run(command, check=True, capture_output=True, text=True)
        decoding, epoch, memory, mark = json.loads(told.stdout)
        lines.append(f"| {said} | {decoding:.1f} | {epoch:.2f} | {memory:.0f} | {mark} |")
        print(lines[-1], flush=True)
    write_section("Pictures beyond the memory limit", "python bench/image_large.py", lines)


if __name__ == "__main__":
    main()
