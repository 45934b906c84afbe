"""A large table: 5,000,000 x 20 as CSV (about 1 GB), read, described, split and trained for an epoch; and 500,000 for scale.

Each size runs in a process of its own; peak memory is the process's largest resident set.

    python bench/large.py
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from results import write_section

NUM_NUMBERS, NUM_CATEGORIES = 16, 3
CHUNK_ROWS = 250_000
SIZES = (500_000, 5_000_000)


def make(path, num_rows):
    """Write a table of numbers, categories and a 0/1 target, in chunks."""
    stream = np.random.default_rng(0)
    weights = stream.normal(size=NUM_NUMBERS)
    with path.open("wb") as file:
        for first in range(0, num_rows, CHUNK_ROWS):
            size = min(CHUNK_ROWS, num_rows - first)
            numbers = stream.normal(size=(size, NUM_NUMBERS))
            codes = stream.integers(0, 40, size=(size, NUM_CATEGORIES))
            score = numbers @ weights / 4 + np.sin(codes[:, 0]) + stream.normal(size=size)
            columns = {f"number_{i}": numbers[:, i].round(9) for i in range(NUM_NUMBERS)}
            columns |= {f"city_{i}": np.array([f"place {j}" for j in range(40)])[codes[:, i]] for i in range(NUM_CATEGORIES)}
            columns["bought"] = np.where(score > 0, "yes", "no")
            pl.DataFrame(columns).write_csv(file, include_header=first == 0)


def run(path):
    """Go the whole way for one epoch; print seconds of each stage and the peak memory."""
    from espalier import process

    began = time.perf_counter()
    changes = {"learning.epochs": 1, "baselines": ["majority class", "linear model"]}
    made = process.draft(str(path), target=["bought"], changes=changes)
    stages, moments = [], [("read and describe", time.perf_counter() - began)]
    with tempfile.TemporaryDirectory() as folder:
        for stage in process.train(made.plan, Path(folder) / "run", made.table):
            stages.append(stage)
            moments.append((getattr(stage, "stage", type(stage).__name__), time.perf_counter() - began))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": time.perf_counter() - began, "peak": peak, "moments": moments}))


def main():
    """Measure both sizes and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=Path)
    given = parser.parse_args()
    if given.run:
        run(given.run)
        return
    lines = ["| rows | CSV | seconds, all stages | microseconds per row | peak memory |", "|---|---|---|---|---|"]
    per_row = []
    for num_rows in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "large.csv"
            make(path, num_rows)
            done = subprocess.run([sys.executable, __file__, "--run", str(path)], check=True, capture_output=True, text=True)
            result = json.loads(done.stdout.splitlines()[-1])
            megabytes = path.stat().st_size / 1e6
        per_row.append(result["seconds"] / num_rows * 1e6)
        lines.append(
            f"| {num_rows:,} | {megabytes:,.0f} MB | {result['seconds']:.0f} | {per_row[-1]:.1f} | {result['peak']:.1f} GiB |"
        )
        print(lines[-1], result["moments"], flush=True)
    lines += [
        "",
        f"Time per row of the larger against the smaller: {per_row[1] / per_row[0]:.2f} (bar: 1.3).",
        "Above 500,000 training rows the default network is smaller (width 96 in place of 128), which is part of that.",
    ]
    write_section("A large table", "python bench/large.py", lines)


if __name__ == "__main__":
    main()
