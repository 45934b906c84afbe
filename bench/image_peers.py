"""Time to the same accuracy on 6,000 pictures of fashion_mnist: Espalier, Keras 3 and Lightning, with the same network.

Each does what it does by default. Espalier: `train` with the number of epochs given and without simple models, from reading the
file to the scores; it holds a tenth of the pictures out to choose by. Keras (on torch): `fit` with batches of 32, shuffled, and
its Adam. Lightning: the Trainer, with a DataLoader of batches of 32 and torch's Adam, as its first example has it. The network
is built by the same call and learns in the same process, on one thread; pictures reach the peers as floats, normalised. Scored
are 2,000 pictures that were held out of the training file: after each epoch of the peers, and at the end of Espalier's way.
The CPU time until the share of right answers reaches the target is told, time for scoring included; imports are not counted.

    python bench/image_peers.py [--seeds 1] [--target 0.88] [--epochs 5] [--most 6]
"""

import argparse
import importlib
import logging
import os
import statistics
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from espalier import process
from espalier.core.catalogue import architectures
from espalier.data.image_batches import Normalize
from results import write_section

os.environ["KERAS_BACKEND"] = "torch"
DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
NUM_TRAIN, NUM_HELD, NUM_CLASSES = 6_000, 2_000, 10
PEER_BATCH, PEER_RATE = 32, 1e-3  # defaults of Keras, of Adam in both, and of Lightning's first example


class Clock:
    """CPU seconds since the beginning, with what was scored when.

    Args:
        target: share of right answers at which the clock stops.
    """

    def __init__(self, target):
        self.target, self.began, self.scores, self.seconds = target, time.process_time(), [], None

    def take(self, score):
        """Note the score of an epoch; return whether the target is reached."""
        self.scores.append(score)
        if self.seconds is None and score >= self.target:
            self.seconds = time.process_time() - self.began
        return self.seconds is not None


def parts(seed):
    """Return pictures to learn from and others to score (uint8), with their labels, all of the training file."""
    arrays = np.load(DATA / "fashion_mnist" / "fashion_mnist_30k.npz")
    places = np.random.default_rng(seed).permutation(len(arrays["y_train"]))[: NUM_TRAIN + NUM_HELD]
    images, labels = arrays["x_train"][places], arrays["y_train"][places].astype(np.int64)
    return images[:NUM_TRAIN], labels[:NUM_TRAIN], images[NUM_TRAIN:], labels[NUM_TRAIN:]


def network(seed):
    torch.manual_seed(seed)
    return architectures()["fast-cnn"].build({"in_channels": 1, "num_outputs": NUM_CLASSES, "image_size": (28, 28)}, {})


def as_floats(images, like):
    """Return pictures with the mean and deviation of others taken off."""
    shares = like / 255.0
    return Normalize((float(shares.mean()),), (float(shares.std()),)).apply(torch.from_numpy(images)[:, None]).contiguous()


def espalier(data, seed, target, epochs):
    """Go the whole way but for the simple models: the end of it is scored."""
    train, train_labels, held, held_labels = data
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "clothes.npz"
        np.savez(path, x_train=train, y_train=train_labels, x_test=held, y_test=held_labels)
        clock = Clock(target)
        changes = {
            "learning.epochs": epochs,
            "learning.threads": 1,
            "baselines": ["majority class"],
            "diagnosis.stop": False,  # near copies as published
        }
        made = process.draft(str(path), changes=changes, seed=seed)
        stages = process.train(made.plan, Path(name) / "run", made.table)
        while True:
            try:
                next(stages)
            except StopIteration as end:
                clock.take(end.value.scorecard.network.scores["accuracy"].value)
                return clock


def keras(data, seed, target, epochs):
    """Compile the module as a layer, and fit it until an epoch reaches the target."""
    import keras

    train, train_labels, held, held_labels = data
    clock = Clock(target)
    keras.utils.set_random_seed(seed)

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            self.model.stop_training = clock.take(logs["val_accuracy"])

    model = keras.Sequential([keras.layers.Input((1, 28, 28)), keras.layers.TorchModuleWrapper(network(seed))])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(PEER_RATE), loss=loss, metrics=["accuracy"])
    scored = (as_floats(held, train).numpy(), held_labels)
    inputs = as_floats(train, train).numpy()
    model.fit(inputs, train_labels, epochs=epochs, validation_data=scored, callbacks=[Stop()], verbose=0)
    return clock


def lightning(data, seed, target, epochs):
    """Fit the module with the Trainer until an epoch reaches the target."""
    import lightning

    train, train_labels, held, held_labels = data
    clock = Clock(target)

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model, self.right = network(seed), []

        def training_step(self, batch, index):
            return F.cross_entropy(self.model(batch[0]), batch[1])

        def validation_step(self, batch, index):
            self.right.append((self.model(batch[0]).argmax(dim=1) == batch[1]).float())

        def on_validation_epoch_end(self):
            score, self.right = float(torch.cat(self.right).mean()), []
            self.trainer.should_stop = clock.take(score)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=PEER_RATE)

    def loader(images, labels, *, shuffle):
        return DataLoader(TensorDataset(as_floats(images, train), torch.from_numpy(labels)), PEER_BATCH, shuffle=shuffle)

    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = lightning.Trainer(max_epochs=epochs, accelerator="cpu", num_sanity_val_steps=0, **quiet)
    trainer.fit(Module(), loader(train, train_labels, shuffle=True), loader(held, held_labels, shuffle=False))
    return clock


CONTENDERS = {"Espalier": espalier, "Keras 3 (torch)": keras, "Lightning": lightning}


def told(name, clocks, ours):
    """Return the line of one contender; a seed that missed the target has no ratio."""
    seconds = [one.seconds for one in clocks]
    ends = "; ".join(", ".join(f"{100 * score:.1f}" for score in one.scores) for one in clocks)
    shown = "; ".join("missed" if one is None else f"{one:.0f}" for one in seconds)
    ratios = [one / base.seconds for one, base in zip(seconds, ours, strict=True) if one and base.seconds]
    ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else ""
    return f"| {name} | {shown} | {ends} | {ratio} |"


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--target", type=float, default=0.88)
    parser.add_argument("--epochs", type=int, default=5, help="of Espalier, whose rate falls to nothing over them")
    parser.add_argument("--most", type=int, default=6, help="epochs of the peers, whose rate stays")
    given = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    for name in ("keras", "lightning"):
        importlib.import_module(name)  # not counted
    clocks = {name: [] for name in CONTENDERS}
    for seed in range(given.seeds):
        data = parts(seed)
        for name, contender in CONTENDERS.items():
            clocks[name].append(contender(data, seed, given.target, given.epochs if name == "Espalier" else given.most))
            one = clocks[name][-1]
            print(seed, name, one.seconds, [round(score, 4) for score in one.scores], flush=True)
    lines = [
        f"Target: {given.target:.1%} of {NUM_HELD:,} pictures that nobody learnt from. The peers stop at it, or after "
        f"{given.most} epochs; Espalier goes through its {given.epochs}. Seeds are parted by semicolons.",
        "",
        "| who | CPU seconds to the target | accuracy, each time it was scored | times Espalier's (lowest to highest) |",
        "|---|---|---|---|",
        *(told(name, found, clocks["Espalier"]) for name, found in clocks.items()),
    ]
    print("\n".join(lines))
    write_section("Time to the same accuracy on pictures, beside peers", "python bench/image_peers.py", lines)


if __name__ == "__main__":
    main()
