"""Does it help to start from learnt weights? fashion_mnist first, then mnist with 20, 100 and 500 training pictures.

A network learns 10,000 pictures of clothes. Then it learns digits from few pictures: with its body frozen, let go block by
block, and wholly free; beside it the same network from scratch. Every contender has the plan that the rules give it, with fewer
epochs for 500 pictures to save time, and learns from the same pictures, drawn anew for each seed with all classes alike; 100
more decide which epoch is kept. All are scored on every fifth of the 10,000 test pictures.

    python bench/transfer.py [--seeds 3] [--rows 20 100 500]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from espalier import process
from espalier.core.run_folder import RunFolder
from espalier.evaluation.proportions import wilson
from espalier.stages.parts import deal_parts
from espalier.stages.trial import trial
from results import write_section

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
WAYS = ("scratch", "frozen", "gradual", "full")
NUM_VALID, TEST_STEP, NUM_CLASSES = 100, 5, 10
OLD_ROWS, OLD_EPOCHS = 10_000, 6
EPOCHS = {500: 20}  # by training pictures, where they are not those of the rules
NETWORK = {"model.name": "fast-cnn", "model.options.width": 16}
SHARED = {
    "learning.threads": 1,
    "baselines": ["majority class"],
    "diagnosis.stop": False,  # the parts of fashion_mnist as published hold some pictures twice
}


def alike(labels, number, stream):
    """Return places of as many pictures of each class, in the order of the file."""
    each = [stream.permutation(np.flatnonzero(labels == one))[: number // NUM_CLASSES] for one in range(NUM_CLASSES)]
    return np.sort(np.concatenate(each))


def write_parts(path, arrays, train, valid):
    """Write an archive whose arrays name the parts."""
    images, labels = arrays["x_train"], arrays["y_train"]
    names = np.array([f"c{one}" for one in range(NUM_CLASSES)])
    np.savez(
        path,
        x_train=images[train],
        y_train=names[labels[train]],
        x_valid=images[valid],
        y_valid=names[labels[valid]],
        x_test=arrays["x_test"][::TEST_STEP],
        y_test=names[arrays["y_test"][::TEST_STEP]],
    )
    return path


def pretrained(folder):
    """Train on clothes, and return the run's folder, its score and the CPU seconds that it took."""
    arrays = np.load(DATA / "fashion_mnist" / "fashion_mnist_30k.npz")
    stream = np.random.default_rng(0)
    chosen = stream.permutation(alike(arrays["y_train"], OLD_ROWS + 1_000, stream))
    source = write_parts(folder / "clothes.npz", arrays, chosen[:OLD_ROWS], chosen[OLD_ROWS:])
    began = time.process_time()
    changes = {**NETWORK, **SHARED, "learning.epochs": OLD_EPOCHS, "learning.batch_size": 64}
    made = process.draft(source, changes=changes)
    stages = process.train(made.plan, folder / "clothes", made.table)
    while True:
        try:
            print(next(stages), flush=True)
        except StopIteration as end:
            scores = end.value.scorecard.network.scores
            return folder / "clothes", scores["accuracy"].value, time.process_time() - began


def network_of(run):
    """Return the edits that name a run's network and the form of its pictures."""
    plan = RunFolder(run).read_plan()
    form = {f"prepare.pictures.{name}": getattr(plan.prepare.pictures, name) for name in ("height", "width", "channels")}
    return {"model.name": plan.model.name, "model.options": dict(plan.model.options), **form}


def adapted(source, run, way, seed, changes):
    """Return the right answers on the test part, its size, and the CPU seconds of learning.

    Args:
        source: names the parts.
        run: that is started from; it lends its network to the start from scratch too.
        way: one of WAYS.
        seed: of the plan.
        changes: edits of the plan.
    """
    start = network_of(run) if way == "scratch" else {"adapt.source": str(run), "adapt.how": way}
    made = process.draft(source, changes={**start, **SHARED, **changes}, seed=seed)
    [parts] = deal_parts(made.plan, made.table, None)[1]
    tested = parts.test.open("bench")
    began = time.process_time()
    done = trial(made.plan, parts.train, parts.valid, tested, made.table.asked().classes)
    seconds = time.process_time() - began
    right = done.fold.answer(tested).values == done.fold.prepared.target_values(tested)
    return int(right.sum()), len(right), seconds


def interval(shares):
    """Return half of the 95 % interval of a mean over seeds, by Student's t."""
    if len(shares) < 2:
        return float("nan")
    return student.ppf(0.975, len(shares) - 1) * np.std(shares, ddof=1) / np.sqrt(len(shares))


def row_of(number, way, found):
    """Return a line of the table from (right, size, seconds) of every seed."""
    shares = [right / size for right, size, _ in found]
    low, high = wilson(sum(right for right, _, _ in found), sum(size for _, size, _ in found))
    each = ", ".join(f"{one:.1%}" for one in shares)
    seconds = np.mean([one for _, _, one in found])
    mean = f"{np.mean(shares):.1%} +- {100 * interval(shares):.1f}"
    return f"| {number} | {way} | {mean} | {low:.1%} to {high:.1%} | {each} | {seconds:.1f} |"


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, nargs="+", default=[20, 100, 500])
    asked = parser.parse_args()
    arrays = np.load(DATA / "mnist" / "mnist.npz")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run, accuracy, spent = pretrained(folder)
        lines = [
            f"Before: fast-cnn of width 16 on {OLD_ROWS:,} pictures of fashion_mnist, {OLD_EPOCHS} epochs: accuracy "
            f"{accuracy:.1%} on every fifth test picture, {spent:.0f} s of CPU. Mean over {asked.seeds} seeds with the 95 % "
            "interval by Student's t; Wilson's interval counts the answers of all seeds together, and so leaves out that seeds "
            "differ.",
            "",
            "| training pictures | way | accuracy, points | Wilson, 95 % | each seed | CPU s |",
            "|---|---|---|---|---|---|",
        ]
        print("\n".join(lines), flush=True)
        for number in asked.rows:
            found = {way: [] for way in WAYS}
            epochs = {"learning.epochs": EPOCHS[number]} if number in EPOCHS else {}
            for seed in range(asked.seeds):
                stream = np.random.default_rng([seed, number])
                chosen = alike(arrays["y_train"], number, stream)
                rest = np.setdiff1d(np.arange(len(arrays["y_train"])), chosen)
                valid = rest[alike(arrays["y_train"][rest], NUM_VALID, stream)]
                source = write_parts(folder / f"digits-{number}-{seed}.npz", arrays, chosen, valid)
                for way in WAYS:
                    found[way].append(adapted(source, run, way, seed, epochs))
                    print(number, seed, way, found[way][-1], flush=True)
            lines += [row_of(number, way, found[way]) for way in WAYS]
            print("\n".join(lines[-len(WAYS) :]), flush=True)
    write_section("Transfer: clothes to digits", "python bench/transfer.py", lines)


if __name__ == "__main__":
    main()
