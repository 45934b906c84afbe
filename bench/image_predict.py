"""Where the time goes when a folder of pictures is answered: reading and decoding, the network, and the rest.

Three folders: the 10,000 training pictures of cifar10_subset (JPEG, 32 x 32), 10,000 photographs (those of clothing_small, each
several times; JPEG, shorter side 128), and 1,000 of these enlarged to 1,024 pixels, as a telephone would take them. The
default network for their sizes answers them by `run.predict`; it learnt for one epoch from few pictures, which changes
nothing about its speed. Files are read once before, so that the disk counts for little.

    python bench/image_predict.py [--pictures 10000] [--threads 2]
"""

import argparse
import io
import os
import tempfile
import time
import zipfile
from pathlib import Path

import torch
from PIL import Image

from espalier import process
from espalier.data.pictures.files import FileAlbum
from espalier.run import Run
from results import write_section

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
LEARNT, LARGE_SHARE, LARGE_SIDE = 100, 10, 1024
QUICK = {"learning.epochs": 1, "baselines": ["majority class"], "diagnosis.stop": False, "split.method": "random"}


def contents(archive, start):
    """Return the picture files of an archive whose names begin so."""
    with zipfile.ZipFile(DATA / archive) as opened:
        names = [one for one in opened.namelist() if one.startswith(start) and one.lower().endswith((".jpg", ".jpeg"))]
        return [(name, opened.read(name)) for name in names]


def enlarged(content):
    """Return a picture file of 1,024 pixels on the shorter side."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    factor = LARGE_SIDE / min(picture.size)
    file = io.BytesIO()
    picture.resize([round(side * factor) for side in picture.size], Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def written(folder, files, number):
    """Write so many pictures, the given ones again and again, and return their folder."""
    folder.mkdir()
    for place in range(number):
        (folder / f"{place:05}.jpg").write_bytes(files[place % len(files)][1])
    return folder


def learnt(folder, files):
    """Return a run on a few of the pictures, in folders named after their classes."""
    for place, (name, content) in enumerate(files[:: max(len(files) // LEARNT, 1)]):
        path = folder / "pictures" / Path(name).parts[-2] / f"{place}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    made = process.draft(str(folder / "pictures"), changes={**QUICK, "learning.threads": torch.get_num_threads()})
    for _ in process.train(made.plan, folder / "run", made.table):
        pass
    return folder / "run"


def measure(run, folder):
    """Return the seconds in all, of reading and decoding, and of the network."""
    spent = {"decoding": 0.0, "network": 0.0}
    decoded, run = FileAlbum._decoded, Run(run)

    def timed(album, names, form):
        began = time.perf_counter()
        try:
            return decoded(album, names, form)
        finally:
            spent["decoding"] += time.perf_counter() - began

    marks = []
    run.module.register_forward_pre_hook(lambda *_: marks.append(time.perf_counter()))
    run.module.register_forward_hook(lambda *_: marks.append(time.perf_counter()))
    for path in folder.iterdir():
        path.read_bytes()
    FileAlbum._decoded = timed
    try:
        began = time.perf_counter()
        answers = run.predict(str(folder))
        whole = time.perf_counter() - began
    finally:
        FileAlbum._decoded = decoded
    spent["network"] = sum(end - start for start, end in zip(marks[::2], marks[1::2], strict=True))
    return answers.height, whole, spent["decoding"], spent["network"]


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    lines = [
        "| pictures | seconds | ms a picture | reading and decoding | network | rest |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        small, photos = contents("cifar10_subset/cifar10_12k.zip", "train/"), contents("clothing_small/clothing_small.zip", "")
        few = given.pictures // LARGE_SHARE
        large = [(one, enlarged(content)) for one, content in photos[:: max(2 * len(photos) // few, 1)]]
        for said, files, number in (
            (f"{given.pictures:,} of 32 x 32", small, given.pictures),
            (f"{given.pictures:,} photographs, shorter side 128", photos, given.pictures),
            (f"{few:,} photographs, shorter side 1,024", large, few),
        ):
            folder = top / said.replace(" ", "-").replace(",", "")
            folder.mkdir()
            count, whole, decoding, network = measure(learnt(folder, files), written(folder / "new", files, number))
            shares = [decoding / whole, network / whole, 1 - (decoding + network) / whole]
            told = " | ".join(f"{one:.0%}" for one in shares)
            lines.append(f"| {said} | {whole:.1f} | {1e3 * whole / count:.2f} | {told} |")
            print(lines[-1], flush=True)
    lines += ["", f"Threads: {given.threads}."]
    write_section("Answering a folder of pictures", "python bench/image_predict.py", lines)


if __name__ == "__main__":
    main()
