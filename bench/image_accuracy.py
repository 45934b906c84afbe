"""Accuracy and time of the default plan on fashion_mnist, mnist and cifar10_subset: nothing is set but the seed.

The test parts are those of the sources and are opened once, at the end of each run; the validation part is drawn from the
training part. The simple models are a linear model and nearest neighbours alone, so that the time told is nearly all the
network's.

    python bench/image_accuracy.py [--only cifar10_subset] [--seed 0]
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import torch

from espalier import process
from espalier.models.summary import summary
from results import write_section

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
SETS = {  # path, accuracy and minutes that were set as bars
    "fashion_mnist": ("fashion_mnist/fashion_mnist_30k.npz", 0.935, 10),
    "mnist": ("mnist/mnist.npz", 0.995, None),
    "cifar10_subset": ("cifar10_subset/cifar10_12k.zip", 0.80, 20),
}
FEW = ("majority class", "linear model", "k nearest neighbours")
BACKWARD = 3  # a step costs about three times its forward pass


def finish(stages):
    """Go through all stages and return the run."""
    while True:
        try:
            next(stages)
        except StopIteration as end:
            return end.value


def measure(name, seed):
    """Train the default plan on one set and return what came of it."""
    path, bar, minutes = SETS[name]
    began = time.perf_counter()
    made = process.draft(str(DATA / path), changes={"baselines": FEW}, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        run = finish(process.train(made.plan, Path(folder) / "run", made.table))
        seconds = time.perf_counter() - began
        scores = {one.name: one.scores["accuracy"] for one in run.scorecard.models}
        form = run.prepared.form
        with torch.device("meta"):
            forward = sum(
                one.num_flops for one in summary(run.module.to("meta"), torch.zeros(1, form.channels, form.height, form.width))
            )
        rows = run.scorecard.network.num_train_rows
        return {
            "set": name,
            "rows": rows,
            "accuracy": scores["network"].value,
            "low": scores["network"].low,
            "high": scores["network"].high,
            "simple": max(score.value for said, score in scores.items() if said != "network"),
            "epochs": run.history.height,
            "network_minutes": run.scorecard.network.fit_seconds / 60,
            "minutes": seconds / 60,
            "petaflop": BACKWARD * forward * rows * run.history.height / 1e15,
            "bar": f"{bar:.1%}" + (f" in {minutes} minutes" if minutes else ""),
        }


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=list(SETS))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    lines = [
        "| set | training pictures | test accuracy (95 % interval) | best simple model | epochs | minutes: network, whole run "
        "| petaFLOP of the network | bar |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in given.only or SETS:
        one = measure(name, given.seed)
        print(json.dumps(one), flush=True)
        accuracy = f"{one['accuracy']:.2%} ({one['low']:.2%} to {one['high']:.2%})"
        lines.append(
            f"| {one['set']} | {one['rows']:,} | {accuracy} | {one['simple']:.2%} | {one['epochs']} "
            f"| {one['network_minutes']:.1f}, {one['minutes']:.1f} | {one['petaflop']:.2f} | {one['bar']} |"
        )
    print("\n".join(lines))
    if not given.only:
        write_section("Accuracy of the default plan on pictures", "python bench/image_accuracy.py", lines)


if __name__ == "__main__":
    main()
