"""Time of a training step on pictures of 3 x 32 x 32, batch 128: our loop, bare loops and peers, on the same network.

The plain bare loop is what a first script holds: float32, pictures in their usual layout, an optimizer with its defaults,
pictures as floats in memory. The other bare loop has the settings that Espalier chose (bfloat16 where it is faster,
channels_last, a fused optimizer). Ours also shifts, mirrors and normalises each picture; the bare loops and the peers read
them ready-made. All run in one process, interleaved; of each round the CPU time of some steps is taken, and the median of its
ratio to the plain loop is told.

    python bench/image_steps.py [--rounds 5] [--steps 6] [--threads 1]
"""

import argparse
import logging
import os
import statistics
import time
import warnings

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from espalier.core.catalogue import architectures
from espalier.data.augment.pipeline import Pipeline
from espalier.data.image_batches import ImageBatches, Normalize
from espalier.tasks.multiclass import Multiclass
from espalier.training.loop import Way, learn
from espalier.training.precision import has_bfloat16_units
from results import write_section

BATCH_SIZE, NUM_CLASSES, RATE = 128, 10, 0.05
MODELS = ("fast-cnn", "resnet18-small")
NORMALIZE = Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
CHANGES = Pipeline.from_mapping({"steps": [{"name": "flip"}, {"name": "crop", "fill": "reflect"}]})
PRECISION = "bfloat16" if has_bfloat16_units("cpu") else "float32"


def network(name):
    torch.manual_seed(0)
    return architectures()[name].build({"in_channels": 3, "num_outputs": NUM_CLASSES, "image_size": (32, 32)}, {})


class Plain:
    """A first script: float32, usual layout.

    Args:
        name: of the network.
        pictures: (N, 3, 32, 32) uint8.
        target: (N,) classes.
    """

    def __init__(self, name, pictures, target):
        self.model = network(name)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=RATE, momentum=0.9)
        self.pictures, self.target = NORMALIZE.apply(pictures).contiguous(), target

    def step(self, number):
        """Do one step on the batch of a number."""
        part = slice(number * BATCH_SIZE, (number + 1) * BATCH_SIZE)
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(self.pictures[part]), self.target[part]).backward()
        self.optimizer.step()


class Tuned(Plain):
    """The same with the settings that Espalier chose."""

    def __init__(self, name, pictures, target):
        super().__init__(name, pictures, target)
        self.model = self.model.to(memory_format=torch.channels_last)
        self.pictures = self.pictures.contiguous(memory_format=torch.channels_last)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=RATE, momentum=0.9, fused=True)

    def step(self, number):
        """Do one step on the batch of a number."""
        part = slice(number * BATCH_SIZE, (number + 1) * BATCH_SIZE)
        self.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=PRECISION == "bfloat16"):
            loss = F.cross_entropy(self.model(self.pictures[part]).float(), self.target[part])
        loss.backward()
        self.optimizer.step()


class Ours:
    """Espalier's loop and batches."""

    def __init__(self, name, pictures, target, pipeline=CHANGES):
        model = network(name).to(memory_format=torch.channels_last)
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, fused=True)
        batches = ImageBatches(pictures, target, batch_size=BATCH_SIZE, seed=0, normalize=NORMALIZE, pipeline=pipeline)
        self.steps = learn(model, Multiclass(NUM_CLASSES), batches, optimizer, Way(epochs=10_000, precision=PRECISION))

    def step(self, number):
        """Do the next step."""
        next(self.steps)


class Unchanged(Ours):
    """The same without shifts and mirrors, as the bare loops."""

    def __init__(self, name, pictures, target):
        super().__init__(name, pictures, target, Pipeline())


def lightning_seconds(name, pictures, target, num_steps):
    """Return the CPU seconds of a step under Lightning's defaults, start and end left out."""
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model, self.clock = network(name), []

        def training_step(self, batch, index):
            self.clock.append(time.process_time())
            return F.cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=RATE, momentum=0.9)

    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = lightning.Trainer(max_epochs=1, max_steps=num_steps + 2, accelerator="cpu", **quiet)
    module = Module()
    data = TensorDataset(NORMALIZE.apply(pictures).contiguous(), target)
    trainer.fit(module, DataLoader(data, batch_size=BATCH_SIZE, shuffle=True))
    return (module.clock[-1] - module.clock[1]) / (len(module.clock) - 2)


def measure(name, rounds, num_steps):
    """Return the CPU milliseconds of a step of every contender, one number for each round."""
    stream = torch.Generator().manual_seed(0)
    num = BATCH_SIZE * (num_steps + 2)
    pictures = torch.randint(0, 256, (num, 3, 32, 32), dtype=torch.uint8, generator=stream)
    target = torch.randint(0, NUM_CLASSES, (num,), generator=stream)
    contenders = {
        "plain bare loop": Plain,
        "bare loop, same settings": Tuned,
        "espalier, pictures as they are": Unchanged,
        "espalier, shifted and mirrored": Ours,
    }
    made = {said: contender(name, pictures, target) for said, contender in contenders.items()}
    for one in made.values():
        one.step(0)  # allocates
    seconds = {said: [] for said in (*made, "Lightning")}
    for round_number in range(rounds):
        order = list(made)[round_number % len(made) :] + list(made)[: round_number % len(made)]
        for said in order:
            began = time.process_time()
            for number in range(num_steps):
                made[said].step(number)
            seconds[said].append((time.process_time() - began) / num_steps)
        seconds["Lightning"].append(lightning_seconds(name, pictures, target, num_steps))
    return seconds


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    os.environ["PYTHONWARNINGS"] = "ignore"
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    lines = [
        "| network | contender | CPU ms per step | times as fast as the plain loop (median, lowest to highest) |",
        "|---|---|---|---|",
    ]
    for name in MODELS:
        seconds = measure(name, given.rounds, given.steps)
        plain = seconds["plain bare loop"]
        for said, found in seconds.items():
            ratios = [base / one for base, one in zip(plain, found, strict=True)]
            told = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            lines.append(f"| {name} | {said} | {1e3 * statistics.median(found):.0f} | {told} |")
    lines += ["", f"Precision that the tuned loops and Espalier ran in: {PRECISION}. Threads: {given.threads}."]
    print("\n".join(lines))
    write_section("Time per step on pictures", "python bench/image_steps.py", lines)


if __name__ == "__main__":
    main()
