"""Does it help to start from learnt weights? cifar10_subset first, then clothing_small and hymenoptera.

A network learns 10,000 small photographs of ten kinds. Then it learns 1,000 photographs of clothes, and 244 of ants and bees,
brought to the same 32 x 32 pixels: with its body frozen, let go block by block, and wholly free; beside it the same network
from scratch. Every contender has the plan that the rules give it. The parts are those published; of hymenoptera, which has
no test part, the published validation part is the test, and a sixth of the training pictures, drawn anew for each seed,
decides which epoch is kept.

    python bench/transfer_photos.py [--seeds 3] [--epochs 12]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from espalier import process
from espalier.core.pictures import PictureForm
from espalier.data.read import read
from results import write_section
from transfer import DATA, SHARED, WAYS, adapted, row_of

FORM = PictureForm(32, 32, 3)
NETWORK = {"model.name": "fast-cnn", "model.options.width": 32}
HELD_SHARE = 6  # one in six training pictures, where no validation part is left


def parts_of(path):
    """Return pictures and labels of each published part."""
    records = read(str(DATA / path))
    frame = records.frame
    pixels, problems = records.album.pixels(frame.get_column("image").to_list(), FORM)
    if problems:
        raise SystemExit(f"{path} holds pictures that cannot be read: {problems}")
    part, labels = (frame.get_column(name).to_numpy() for name in ("part", "label"))
    images = pixels.permute(0, 2, 3, 1).numpy()
    return {name: (images[part == name], labels[part == name].astype(str)) for name in np.unique(part)}


def written(path, train, valid, test):
    """Write an archive whose arrays name the parts, each (pictures, labels)."""
    named = {"train": train, "valid": valid, "test": test}
    arrays = {f"x_{name}": images for name, (images, _) in named.items()}
    np.savez(path, **arrays, **{f"y_{name}": labels for name, (_, labels) in named.items()})
    return path


def clothes(folder, seed):
    """Return an archive of the parts as they were published."""
    found = parts_of("clothing_small/clothing_small.zip")
    return written(folder / f"clothes-{seed}.npz", found["train"], found["validation"], found["test"])


def insects(folder, seed):
    """Return an archive whose test part is the published validation part."""
    found = parts_of("hymenoptera/hymenoptera.zip")
    images, labels = found["train"]
    places = np.random.default_rng(seed).permutation(len(labels))
    held, kept = places[: len(places) // HELD_SHARE], places[len(places) // HELD_SHARE :]
    return written(folder / f"insects-{seed}.npz", (images[kept], labels[kept]), (images[held], labels[held]), found["val"])


SETS = {"clothing_small": clothes, "hymenoptera": insects}


def pretrained(folder, epochs):
    """Train on cifar10_subset, and return the run's folder, its accuracy and the CPU seconds that it took."""
    began = time.process_time()
    changes = {**NETWORK, **SHARED, "learning.epochs": epochs}
    made = process.draft(str(DATA / "cifar10_subset" / "cifar10_12k.zip"), changes=changes)
    stages = process.train(made.plan, folder / "cifar", made.table)
    while True:
        try:
            print(next(stages), flush=True)
        except StopIteration as end:
            return folder / "cifar", end.value.scorecard.network.scores["accuracy"].value, time.process_time() - began


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=12)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run, accuracy, spent = pretrained(folder, asked.epochs)
        lines = [
            f"Before: fast-cnn of width 32 on cifar10_subset, {asked.epochs} epochs: accuracy {accuracy:.1%} on the test part, "
            f"{spent:.0f} s of CPU. Mean over {asked.seeds} seeds with the 95 % interval by Student's t; Wilson's interval "
            "counts the answers of all seeds together, and so leaves out that seeds differ.",
            "",
            "| set | way | accuracy, points | Wilson, 95 % | each seed | CPU s |",
            "|---|---|---|---|---|---|",
        ]
        for said, archive in SETS.items():
            found = {way: [] for way in WAYS}
            for seed in range(asked.seeds):
                source = archive(folder, seed)
                for way in WAYS:
                    found[way].append(adapted(source, run, way, seed, {}))
                    print(said, seed, way, found[way][-1], flush=True)
            lines += [row_of(said, way, found[way]) for way in WAYS]
        print("\n".join(lines))
    write_section("Transfer: small photographs to clothes, ants and bees", "python bench/transfer_photos.py", lines)


if __name__ == "__main__":
    main()
