"""Accuracy of the default plan on windows, basicmotions and japanesevowels, over several seeds: nothing is set but the seed.

The test parts are those of the sources and are opened once, at the end of each run; the validation part is drawn from the
training part.

    python bench/series_windows.py [--only basicmotions] [--seeds 3]
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from espalier import process
from espalier.core.progress import StageDone
from espalier.run import Run
from results import write_section

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
SETS = {"basicmotions": 0.97, "japanesevowels": 0.97}  # accuracy that was set as bar


def measure(name, seed):
    """Train the default plan on one set and return what came of it."""
    began = time.perf_counter()
    made = process.draft(str(DATA / name / f"{name}.npz"), seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        for one in process.train(made.plan, Path(folder) / "run", made.table):
            if isinstance(one, StageDone) and one.stage == "score":
                break
        run = Run(Path(folder) / "run")
        card = run.scorecard
        return {
            "set": name,
            "seed": seed,
            "rows": card.network.num_train_rows,
            "tested": card.num_rows,
            "model": run.plan.model.name,
            "epochs": run.history.height,
            "valid_loss": run.history.get_column("valid_loss").min(),
            "minutes": (time.perf_counter() - began) / 60,
            "accuracy": {one.name: one.scores["accuracy"].value for one in card.models},
            "best_simple": card.models[1].name,
        }


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=list(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    lines = [
        "| windows | training, test | network | accuracy: each seed, mean | best simple model on validation, mean | bar "
        "| minutes a run |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in given.only or SETS:
        every = []
        for seed in range(given.seeds):
            every.append(measure(name, seed))
            print(json.dumps(every[-1]), flush=True)
        network = [one["accuracy"]["network"] for one in every]
        simple = [one["accuracy"][one["best_simple"]] for one in every]
        names = " / ".join(dict.fromkeys(one["best_simple"] for one in every))
        minutes = statistics.mean(one["minutes"] for one in every)
        lines.append(
            f"| {name} | {every[0]['rows']:,}, {every[0]['tested']:,} | {every[0]['model']} "
            f"| {', '.join(f'{one:.2%}' for one in network)}; {statistics.mean(network):.2%} "
            f"| {names} {statistics.mean(simple):.2%} | {SETS[name]:.0%} | {minutes:.1f} |"
        )
    print("\n".join(lines))
    if not given.only:
        write_section("Accuracy of the default plan on windows", "python bench/series_windows.py", lines)


if __name__ == "__main__":
    main()
