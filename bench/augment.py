"""CPU time of each augmentation, and of whole batches of pictures as the network gets them, on one thread.

Batches of 128 random pictures, 3 x 32 x 32 (held channels_last, as ImageBatches holds them) and 1 x 28 x 28. Rounds go through
all contenders in turn; the median over rounds is reported, in milliseconds a batch. CPU time leaves out waiting for the other
processes of a shared machine, though not their use of its caches.

    python bench/augment.py [--rounds 40]
"""

import argparse
import statistics
import time

import torch

from espalier.data.augment.augment import augmentation_from_mapping, augmentations
from espalier.data.augment.mixing import mixings
from espalier.data.augment.pipeline import Pipeline
from espalier.data.image_batches import ImageBatches, Normalize
from results import write_section

BATCH_SIZE, NUM_PICTURES, NUM_CLASSES = 128, 10_000, 10
COLOUR, GREY = (3, 32, 32), (1, 28, 28)
CROP = {"name": "crop", "fill": "reflect"}
PIPELINES = {
    "nothing": {},
    "flip, crop": {"steps": [{"name": "flip"}, CROP]},
    "flip, crop, cutout": {"steps": [{"name": "flip"}, CROP, {"name": "cutout"}]},
    "flip, crop, colour": {"steps": [{"name": "flip"}, CROP, {"name": "colour"}]},
    "flip, crop, mixup": {"steps": [{"name": "flip"}, CROP], "mixing": {"name": "mixup"}},
    "flip, crop, trivial-augment": {"steps": [{"name": "flip"}, CROP, {"name": "trivial-augment"}]},
    "flip, crop, rand-augment": {"steps": [{"name": "flip"}, CROP, {"name": "rand-augment"}]},
}


def pictures(num, size):
    image = torch.randint(0, 256, (num, *size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return image.contiguous(memory_format=torch.channels_last)


def contenders():
    """Return what is measured by (name, size): functions without arguments."""
    stream = torch.Generator().manual_seed(0)
    found = {}
    for size in (COLOUR, GREY):
        image = pictures(BATCH_SIZE, size)
        normalize = Normalize((0.5,) * size[0], (0.25,) * size[0])
        options = [{"name": name} for name in augmentations()] + [CROP]
        for one in options:
            step = augmentation_from_mapping(one)
            label = " ".join(str(value) for value in one.values())
            found[label, size] = lambda step=step, image=image: step.apply(image, stream)
        for name, kind in mixings().items():
            floats = normalize.apply(image)
            mixing = kind()
            found[name, size] = lambda mixing=mixing, floats=floats: mixing.mix(floats, stream)
        found["normalize", size] = lambda normalize=normalize, image=image: normalize.apply(image)
        every, target = pictures(NUM_PICTURES, size), torch.arange(NUM_PICTURES) % NUM_CLASSES
        for name, plan in PIPELINES.items():
            pipeline = Pipeline.from_mapping(plan, NUM_CLASSES)
            batches = ImageBatches(every, target, batch_size=BATCH_SIZE, seed=0, normalize=normalize, pipeline=pipeline)
            found[f"a whole batch: {name}", size] = lambda batches=batches: next(batches.epoch(0))
    return found


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    measured = contenders()
    spent = {key: [] for key in measured}
    for number in range(rounds + 1):
        for key, run in measured.items():
            start = time.thread_time()
            run()
            if number:  # the first round warms up
                spent[key].append(1000 * (time.thread_time() - start))
    lines = ["| what | 128 x 3 x 32 x 32, ms | 128 x 1 x 28 x 28, ms |", "|---|---|---|"]
    for name in dict.fromkeys(name for name, _ in measured):
        lines.append(
            "| {} | {:.2f} | {:.2f} |".format(name, *(statistics.median(spent[name, size]) for size in (COLOUR, GREY)))
        )
        print(lines[-1], flush=True)
    write_section("Augmentation of pictures, CPU time a batch", "python bench/augment.py", lines)


if __name__ == "__main__":
    main()
