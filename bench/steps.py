"""Time per epoch of one perceptron on 100,000 x 50 rows: our loop, a bare hand-written loop, Lightning, skorch and Keras.

All train the same network with the same optimizer on one thread in one process, interleaved; a round runs each once, in turning
order, and the median over rounds of the ratio to the bare loop of the same round is reported. The peers run in their default
settings, but for progress bars, logs and checkpoints, which are switched off.

    python bench/steps.py [--rounds 7]
"""

import argparse
import logging
import os
import statistics
import time
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from espalier.data.batches import TensorBatches
from espalier.tasks.multiclass import Multiclass
from espalier.training.loop import Way, learn
from results import write_section

NUM_ROWS, NUM_COLUMNS, WIDTH = 100_000, 50, 256
LEARNING_RATE = 1e-3


def network():
    """Return the perceptron of all contenders."""
    torch.manual_seed(0)
    layers = [nn.Linear(NUM_COLUMNS, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 2)]
    return nn.Sequential(*layers)


def bare(x, y, batch_size):
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, fused=True)
    total = 0.0
    order = torch.randperm(len(x))
    shuffled_x, shuffled_y = x[order], y[order]
    for first in range(0, len(x), batch_size):
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(shuffled_x[first : first + batch_size]), shuffled_y[first : first + batch_size])
        loss.backward()
        optimizer.step()
        total += loss.item()


def ours(x, y, batch_size):
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, fused=True)
    batches = TensorBatches((x,), y, batch_size=batch_size, seed=0)
    total = 0.0
    for step in learn(model, Multiclass(num_classes=2), batches, optimizer, Way(epochs=1)):
        total += float(step.loss)


def lightning(x, y, batch_size):
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = network()

        def training_step(self, batch, index):
            return F.cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), lr=LEARNING_RATE)

    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = lightning.Trainer(max_epochs=1, accelerator="cpu", **quiet)
    trainer.fit(Module(), DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True))


def skorch(x, y, batch_size):
    import skorch

    net = skorch.NeuralNetClassifier(
        network,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=LEARNING_RATE,
        max_epochs=1,
        batch_size=batch_size,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    )
    net.fit(x, y)


def keras(x, y, batch_size):
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    model = keras.Sequential(
        [
            keras.layers.Input((NUM_COLUMNS,)),
            keras.layers.Dense(WIDTH, activation="relu"),
            keras.layers.Dense(WIDTH, activation="relu"),
            keras.layers.Dense(2),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.AdamW(LEARNING_RATE), loss=loss)
    model.fit(x.numpy(), y.numpy(), batch_size=batch_size, epochs=1, verbose=0)


CONTENDERS = {"bare loop": bare, "espalier": ours, "Lightning": lightning, "skorch": skorch, "Keras (torch)": keras}


def measure(batch_size, rounds):
    """Return seconds per epoch of each contender: a list of rounds."""
    stream = torch.Generator().manual_seed(0)
    x = torch.randn(NUM_ROWS, NUM_COLUMNS, generator=stream)
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).long()
    names = list(CONTENDERS)
    seconds = {name: [] for name in names}
    for name in names:
        CONTENDERS[name](x[: 20 * batch_size], y[: 20 * batch_size], batch_size)  # imports and first allocations
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            began = time.process_time()
            CONTENDERS[name](x, y, batch_size)
            seconds[name].append(time.process_time() - began)
    return seconds


def main():
    """Measure both batch sizes and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    lines = [
        "| batch | contender | CPU seconds per epoch | ratio to the bare loop (median, lowest to highest) |",
        "|---|---|---|---|",
    ]
    for batch_size in (128, 1024):
        seconds = measure(batch_size, rounds)
        for name, spent in seconds.items():
            ratios = np.array(spent) / np.array(seconds["bare loop"])
            span = f"{np.median(ratios):.2f} ({ratios.min():.2f} to {ratios.max():.2f})"
            lines.append(f"| {batch_size} | {name} | {statistics.median(spent):.2f} | {span} |")
            print(lines[-1], flush=True)
    write_section("Time per step: our loop against a bare loop and against peers", "python bench/steps.py", lines)


if __name__ == "__main__":
    main()
